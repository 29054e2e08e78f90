//! Real-time scheduling and locked memory, where the system permits them.

use rustix::mm::MlockAllFlags;
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};
use tracing::{info, warn};

// Above ordinary real-time work (audio, 10 to 20), below the kernel's own threads (50).
const FIFO_PRIORITY: u8 = 40;

/// Asks for SCHED_FIFO and locked memory for this thread and process; true if both were granted.
pub(crate) fn ask() -> bool {
    let locked = rustix::mm::mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE);
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    let scheduled = ThreadPriorityValue::try_from(FIFO_PRIORITY).map(ThreadPriority::Crossplatform).and_then(|priority| {
        set_thread_priority_and_policy(thread_native_id(), priority, policy).map_err(|error| format!("{error:?}"))
    });
    let granted = locked.is_ok() && scheduled.is_ok();
    if granted {
        info!("real-time scheduling and locked memory granted");
    } else {
        warn!(?locked, ?scheduled, "no real-time: give the service CAP_SYS_NICE and CAP_IPC_LOCK");
    }
    granted
}
