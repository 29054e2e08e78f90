//! What can be wrong with a camera, and what a person should do about it.

use gstreamer::prelude::*;
use std::time::Duration;

/// Why a camera gives no pictures. The text names camera, element and mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CameraError {
    /// GStreamer itself does not start.
    #[error("GStreamer does not start: {why}. Install libgstreamer1.0-0 and gstreamer1.0-plugins-base.")]
    Library {
        /// What it says.
        why: String,
    },
    /// An element that every camera needs is missing.
    #[error("GStreamer element {element} is missing. {mend}")]
    Encoder {
        /// The element.
        element: &'static str,
        /// What to install.
        mend: String,
    },
    /// The source names an element that is not installed, or does not exist.
    #[error("camera {camera}: its source uses {element}, which this machine does not have. {mend}")]
    MissingElement {
        /// The camera.
        camera: String,
        /// The element.
        element: String,
        /// What to install.
        mend: String,
    },
    /// The source is no description of a pipeline.
    #[error("camera {camera}: its source cannot be read: {why}. Try it by hand: gst-launch-1.0 SOURCE ! fakesink")]
    Source {
        /// The camera.
        camera: String,
        /// What GStreamer says.
        why: String,
    },
    /// An element failed.
    #[error("camera {camera}: {element} failed: {why}. {mend}")]
    Failed {
        /// The camera.
        camera: String,
        /// The element.
        element: String,
        /// What it says.
        why: String,
        /// What to do.
        mend: String,
    },
    /// The source ended.
    #[error("camera {camera}: the source ended. A camera's source must go on for ever.")]
    Ended {
        /// The camera.
        camera: String,
    },
    /// No picture came.
    #[error("camera {camera}: no picture for {silence:?}. Is the device plugged in, and does the source deliver on its own?")]
    Silent {
        /// The camera.
        camera: String,
        /// For how long.
        silence: Duration,
    },
}

// Debian 12: which package holds which of the elements a source may use.
const PACKAGES: [(&str, &[&str]); 6] = [
    (
        "gstreamer1.0-plugins-base",
        &[
            "videotestsrc",
            "videoconvert",
            "videoscale",
            "videorate",
            "appsink",
            "appsrc",
            "decodebin",
            "uridecodebin",
            "rawvideoparse",
            "playbin",
        ],
    ),
    (
        "gstreamer1.0-plugins-good",
        &[
            "v4l2src",
            "rtspsrc",
            "rtph264depay",
            "rtph265depay",
            "rtpjpegdepay",
            "jpegdec",
            "udpsrc",
            "rtpjitterbuffer",
            "videocrop",
            "videoflip",
            "souphttpsrc",
            "multifilesrc",
            "matroskademux",
            "qtdemux",
        ],
    ),
    ("gstreamer1.0-plugins-bad", &["shmsrc", "h264parse", "h265parse", "jpegparse", "srtsrc", "v4l2codecs"]),
    ("gstreamer1.0-plugins-ugly", &["x264enc"]),
    ("gstreamer1.0-libav", &["avdec_h264", "avdec_h265", "avdec_mjpeg"]),
    ("gstreamer1.0-pipewire", &["pipewiresrc"]),
];
const EVERY_CAMERA_NEEDS: [&str; 6] = ["queue", "videoconvert", "videoscale", "capsfilter", "x264enc", "appsink"];

/// What to install for an element.
pub(crate) fn package_mend(element: &str) -> String {
    match PACKAGES.iter().find(|(_, elements)| elements.contains(&element)) {
        Some((package, _)) => format!("Install it: apt-get install {package}"),
        None => "No package known here has it; check the spelling with gst-inspect-1.0.".to_owned(),
    }
}

/// Checks the elements that stand behind every source.
pub(crate) fn require_elements() -> Result<(), CameraError> {
    match EVERY_CAMERA_NEEDS.iter().find(|element| gstreamer::ElementFactory::find(element).is_none()) {
        Some(element) => Err(CameraError::Encoder { element, mend: package_mend(element) }),
        None => Ok(()),
    }
}

/// Explains an error message of a pipeline.
pub(crate) fn failure(camera: &str, message: &gstreamer::message::Error) -> CameraError {
    let factory = message
        .src()
        .and_then(|source| source.downcast_ref::<gstreamer::Element>())
        .and_then(gstreamer::prelude::ElementExt::factory)
        .map_or_else(|| "the pipeline".to_owned(), |factory| factory.name().to_string());
    let mend = element_mend(&factory).to_owned();
    // Some elements end their sentences, some do not.
    let why = message.error().to_string().trim_end_matches('.').to_owned();
    CameraError::Failed { camera: camera.to_owned(), element: factory, why, mend }
}

fn element_mend(factory: &str) -> &'static str {
    match factory {
        "shmsrc" => "Start the program that offers this shared memory, and compare socket-path.",
        "v4l2src" => "Check that the device exists, that no other program holds it, and that the user is in group video.",
        "rtspsrc" | "udpsrc" | "souphttpsrc" | "srtsrc" => "Check address, account and network of the camera.",
        "filesrc" | "multifilesrc" => "Check that the file exists and may be read.",
        "capsfilter" => "The source cannot deliver the format asked for; compare width, height and framerate.",
        _ => "Try the source by hand: gst-launch-1.0 SOURCE ! fakesink",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_element_names_its_package_and_an_unknown_one_the_next_step() {
        assert!(package_mend("v4l2src").contains("gstreamer1.0-plugins-good"));
        assert!(package_mend("nosuchsrc").contains("gst-inspect-1.0"));
    }
}
