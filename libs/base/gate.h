// Lets few in at once, and turns the others away at once: for waits that hold a thread.
#pragma once

#include <atomic>

namespace marquee {

// Thread-safe.
class Gate {
 public:
  explicit Gate(int most) : most_(most) {}

  // Whoever holds one is in.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(gate), in_(++gate.inside_ <= gate.most_) {}
    ~Pass() { --gate_.inside_; }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    explicit operator bool() const { return in_; }

   private:
    Gate& gate_;
    const bool in_;
  };

 private:
  const int most_;
  std::atomic<int> inside_ = 0;
};

}  // namespace marquee
