//! The simulated tenant: the services as Microsoft's documents describe them, behind real HTTP.
