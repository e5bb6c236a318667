// Imported for its effect, before a test file that starts servers: they serve their sockets by Node's `net`.
process.env["BASALT_SOCKET_LAYER"] = "net";
