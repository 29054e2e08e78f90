//! The cameras of a vehicle in the simulator's warehouse, and what its agent really measures on their pictures.

use farhand_cameras::{Content, ContentWatch, Luma};
use farhand_drive::AgentSays;
use farhand_profile::{CameraProfile, FreezeCheck, Profile};
use farhand_protocol::{CameraIndex, MonoTime};
use farhand_world::{Body, CameraView, Eye, Place, Scene, Shape, Site, Stamp, burn_stamp};
use std::rc::Rc;

const WIDTH: usize = 640;
const HEIGHT: usize = 360;

/// The cameras of one vehicle.
#[derive(Debug)]
pub(crate) struct Eyes {
    site: Rc<Site>,
    shape: Shape,
    lenses: Vec<Lens>,
    /// The cables of the first two are exchanged: each picture comes under the other's name.
    pub(crate) swapped: bool,
    /// Changes that were told of each camera before these eyes were opened.
    told_before: u64,
}

#[derive(Debug)]
struct Lens {
    profile: CameraProfile,
    view: CameraView,
    watch: ContentWatch,
    told: Option<Content>,
    /// What is said with the next picture: so much later the encoder has ended and the guardian reads.
    waiting: Option<AgentSays>,
}

impl Eyes {
    /// The cameras that a profile states, of which so many changes were told before.
    pub(crate) fn open(profile: &Profile, site: Rc<Site>, told_before: u64) -> Self {
        let lens = |camera: &CameraProfile| Lens {
            view: CameraView::new(WIDTH, HEIGHT, camera.lens.horizontal_fov_rad.value(), camera.lens.horizon.value()),
            watch: ContentWatch::new(camera.freeze_check.unwrap_or(FreezeCheck::Motion), &camera.lens),
            told: None,
            waiting: None,
            profile: camera.clone(),
        };
        let lenses = profile.cameras.iter().map(lens).collect();
        Self { site, shape: Shape::of(profile), lenses, swapped: false, told_before }
    }

    /// Takes the picture that comes under this name, and gives what the agent says by now.
    pub(crate) fn look(&mut self, now: MonoTime, named: CameraIndex, frame: u64, truck: Place) -> Option<AgentSays> {
        let named_at = usize::from(named.0);
        let from = if self.swapped { 1 - named_at.min(1) } else { named_at };
        let bodies = [Body { place: truck, shape: self.shape, fork_m: 0.1, colour: 0 }];
        let camera = self.lenses.get_mut(from)?;
        let mount = &camera.profile.mount;
        let eye = Eye::mounted(&truck, mount.x_m.value(), mount.y_m.value(), mount.z_m.value(), mount.yaw_rad.value());
        let mut picture = camera.view.draw(&Scene { site: &self.site, bodies: &bodies, own: 0 }, &eye);
        burn_stamp(&mut picture, Stamp::new(now, named));
        let lens = self.lenses.get_mut(named_at)?;
        let content = lens.watch.look(frame, Luma { bytes: picture.luma(), width: WIDTH, stride: WIDTH });
        let says = content.is_news(lens.told.as_ref()).then(|| {
            let motion = lens.told.and_then(|told| content.motion_since(&told));
            lens.told = Some(content);
            let Content { frame, changes, .. } = content;
            AgentSays::Content { camera: named, capture: now, frame, changes: self.told_before + changes, motion }
        });
        std::mem::replace(&mut lens.waiting, says)
    }
}
