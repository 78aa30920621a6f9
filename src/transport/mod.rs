//! One request at a time done well: pace, retry, page.
//!
//! [`Transport::call`] takes a [`Call`] to its service and comes back with a [`Reply`], or with a [`Failure`] that
//! says whether a write was carried out. What the paths and bodies mean is known above, not here.

mod address;
mod batch;
mod call;
mod cancel;
mod encode;
mod failure;
mod pace;
mod pages;
mod reply;
mod retry;
mod send;
mod service_error;
mod time;
mod tries;
mod waits;

pub use call::{Call, Method};
pub use cancel::Cancel;
pub use encode::{query_value, segment};
pub use failure::{Failure, Malformed};
pub use pace::{Limits, Load, Pace, Workload, estimate};
pub use pages::Page;
pub use reply::Reply;
pub use send::{Patience, Transport};
pub use service_error::{Detail, ServiceError};
pub use time::Time;
pub use waits::{Reason, Waiting, Waits};
