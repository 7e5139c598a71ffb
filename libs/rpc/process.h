// What gRPC needs of the program that it runs in, for the gateway and the services alike.
#pragma once

namespace marquee::rpc {

// First thing in main, before any thread starts.
// - Few malloc arenas: see base/memory.h.
// - No deadlock detection in Abseil's mutexes. Debian builds Abseil without NDEBUG, so every lock
// that
//   gRPC takes while it holds another goes through one global graph under one spin lock, with a
//   stack trace: several percent of a request's processor time.
void TuneProcess();

}  // namespace marquee::rpc
