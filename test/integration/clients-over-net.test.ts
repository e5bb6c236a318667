// The same as clients.test.ts, with Node's `net` as the socket layer.
import "./support/over-net";
import "./clients.test";
