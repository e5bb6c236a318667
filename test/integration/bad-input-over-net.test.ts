// The same as bad-input.test.ts, with Node's `net` as the socket layer.
import "./support/over-net";
import "./bad-input.test";
