//! stub
use super::http::{Reply, Request};
use super::world::World;
pub fn answer(_world: &World, request: &Request) -> Reply {
    super::router::unknown(request)
}
