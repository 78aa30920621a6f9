//! The program as its users meet it: command line in; output, files, exit code and tenant out.

mod help;
mod interrupted;
mod language;
mod limits;
mod lines;
mod mistakes;
mod onboarding;
mod preview;
mod record;
mod robust;
mod sandbox;
mod usher;
