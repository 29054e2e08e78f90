//! Profiles of the machines that invented time and tests drive.

/// A counterbalance truck with scanners and the two cameras that driving either way and taking over need, which look ahead and
/// astern. `of_each_camera` are further lines of each camera's table; a table may follow the text.
#[must_use]
pub fn truck(of_each_camera: &str) -> String {
    let camera = |name: &str, way: &str, mount: &str| {
        let source = r#"source = "videotestsrc""#;
        let named = format!("[[cameras]]\nname = \"{name}\"\n{source}\nrequired_for = [\"{way}\", \"handover\"]");
        format!("{named}\nmount = {{ z_m = 2.2, {mount} }}\nlens = {{ horizon = 0.25 }}\n{of_each_camera}\n")
    };
    let front = camera("front", "forward", "x_m = -0.4, yaw_rad = 0.0");
    let rear = camera("rear", "reverse", "x_m = -1.2, yaw_rad = 3.1415");
    format!("kind = \"counterbalance-truck\"\n[scanner]\nfitted = true\n{front}{rear}")
}
