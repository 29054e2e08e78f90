//! One camera's way into shared memory: `appsrc ! shmsink`.

use anyhow::Context as _;
use farhand_profile::CameraProfile;
use gstreamer::prelude::*;
use gstreamer_app::{AppLeakyType, AppSrc};
use gstreamer_video::{VideoFormat, VideoInfo};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

// A consumer may hold a picture in each of its elements; more than that many and the newest replaces the waiting one.
const PICTURES_IN_MEMORY: u32 = 8;

/// A running pipeline that takes pictures.
#[derive(Debug)]
pub(crate) struct Feed {
    pipeline: gstreamer::Pipeline,
    source: AppSrc,
    clients: Arc<AtomicUsize>,
}

impl Feed {
    /// Offers a camera at this socket. The file of a simulator that died is removed.
    pub(crate) fn open(socket: &Path, camera: &CameraProfile) -> anyhow::Result<Self> {
        if socket.exists() {
            std::fs::remove_file(socket).with_context(|| format!("removing the old {}", socket.display()))?;
        }
        let fps = gstreamer::Fraction::new(i32::try_from(camera.fps.clamp(1, 120)).unwrap_or(30), 1);
        let info = VideoInfo::builder(VideoFormat::I420, camera.width_px, camera.height_px).fps(fps).build();
        let info = info.context("the picture size in the profile")?;
        let bytes = u32::try_from(info.size()).context("the picture size in the profile")?;
        let caps = info.to_caps().context("the picture size in the profile")?;
        let source = AppSrc::builder()
            .caps(&caps)
            .is_live(true)
            .format(gstreamer::Format::Time)
            .max_buffers(1)
            .leaky_type(AppLeakyType::Downstream)
            .build();
        let sink = gstreamer::ElementFactory::make("shmsink")
            .property("socket-path", socket.to_string_lossy().as_ref())
            .property("shm-size", bytes.saturating_mul(PICTURES_IN_MEMORY) + 4096)
            .property("perms", 0o600_u32)
            .property("wait-for-connection", false)
            .property("sync", false)
            .property("async", false)
            .property("enable-last-sample", false)
            .build()
            .context("shmsink is missing; install gstreamer1.0-plugins-bad")?;
        let clients = Arc::new(AtomicUsize::new(0));
        for (signal, arrives) in [("client-connected", true), ("client-disconnected", false)] {
            let clients = Arc::clone(&clients);
            sink.connect(signal, false, move |_| {
                if arrives {
                    clients.fetch_add(1, Ordering::Relaxed);
                } else {
                    clients.fetch_sub(1, Ordering::Relaxed);
                }
                None
            });
        }
        let pipeline = gstreamer::Pipeline::new();
        pipeline.add_many([source.upcast_ref(), &sink]).context("building the camera's pipeline")?;
        source.link(&sink).context("building the camera's pipeline")?;
        pipeline
            .set_state(gstreamer::State::Playing)
            .with_context(|| format!("offering {}; is the path shorter than 108 bytes?", socket.display()))?;
        Ok(Self { pipeline, source, clients })
    }

    /// Somebody looks.
    pub(crate) fn watched(&self) -> bool {
        self.clients.load(Ordering::Relaxed) > 0
    }

    /// Hands a picture on; one that still waits is replaced.
    pub(crate) fn push(&self, picture: Vec<u8>) -> Result<(), gstreamer::FlowError> {
        self.source.push_buffer(gstreamer::Buffer::from_mut_slice(picture)).map(|_| ())
    }

    /// An error that the pipeline reported, if any.
    pub(crate) fn failure(&self) -> Option<String> {
        let bus = self.pipeline.bus()?;
        let message = bus.pop_filtered(&[gstreamer::MessageType::Error])?;
        match message.view() {
            gstreamer::MessageView::Error(error) => Some(error.error().to_string()),
            _ => None,
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        // Nothing is left to do if it cannot be stopped.
        let _ = self.pipeline.set_state(gstreamer::State::Null);
    }
}
