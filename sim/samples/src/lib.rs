//! Samples for training the stop policy: what the vehicle knows, and what each stop would cost in truth; and the trained model and
//! the expert it learned from as controllers of the study.

mod costs;
mod episode;
mod expert;
mod manoeuvre;
mod net;
mod produce;
mod senses;
mod stream;

pub use costs::{Costs, Weights};
pub use episode::{Sample, samples_of};
pub use expert::Expert;
pub use net::{NET_NAMES, net_named};
pub use produce::{Options, run};
pub use senses::features;
pub use stream::{HEADER_BYTES, RECORD_BYTES, header, record};
