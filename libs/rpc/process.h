// What gRPC needs of the program that it runs in, for the gateway and the services alike.
#pragma once

namespace marquee::rpc {

// First thing in main, before any thread starts.
// - Few malloc arenas: see base/memory.h.
// - No deadlock detection in Abseil's mutexes. Debian builds Abseil without NDEBUG, so every lock
//   that gRPC takes while it holds another goes through one global graph under one spin lock, with
//   a stack trace: several percent of a request's processor time.
// - Names are asked for by the C library (GRPC_DNS_RESOLVER=native, unless it is set): gRPC's own
//   way, c-ares, doesn't know resolv.conf's `timeout` and `attempts`, and waits five seconds for a
//   packet that is lost, in which a client whose server was replaced has none.
void TuneProcess();

}  // namespace marquee::rpc
