//! Profiles of the machines that invented time and tests drive.

/// A counterbalance truck with scanners and the two cameras that driving either way and taking over need. `of_each_camera` are
/// further lines of each camera's table; a table may follow the text.
#[must_use]
pub fn truck(of_each_camera: &str) -> String {
    let camera = |name: &str, way: &str| {
        let source = r#"source = "videotestsrc""#;
        format!("[[cameras]]\nname = \"{name}\"\n{source}\nrequired_for = [\"{way}\", \"handover\"]\n{of_each_camera}\n")
    };
    let (front, rear) = (camera("front", "forward"), camera("rear", "reverse"));
    format!("kind = \"counterbalance-truck\"\n[scanner]\nfitted = true\n{front}{rear}")
}
