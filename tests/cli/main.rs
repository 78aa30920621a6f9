//! The program as its users meet it: command line in; output, files, exit code and tenant out.

mod convert;
mod events;
mod help;
mod interrupted;
mod language;
mod limits;
mod lines;
mod login;
mod many;
mod mistakes;
mod onboarding;
mod plan;
mod preview;
mod profiles;
mod progress;
mod record;
mod resume;
mod robust;
mod round_trip;
mod runs;
mod sandbox;
mod tenants;
mod terminal;
mod undo;
mod usher;
mod windows;
