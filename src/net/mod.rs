//! The one door to the network: sends a request, refuses what is not allowed, records what went over the wire.
