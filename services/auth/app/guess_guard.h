// Stands before each guess at a secret: after too many wrong ones the next isn't looked at for a
// while (docs/adr/0605).
#pragma once

#include <utility>
#include <vector>

#include "auth/app/auth_metrics.h"
#include "auth/domain/guess_repository.h"
#include "auth/domain/network.h"
#include "auth/domain/ports.h"
#include "base/call_context.h"

namespace marquee::auth {

// What is guessed at. Each has counts of its own: who has stolen a session and tries passwords with
// it keeps nobody from signing in.
enum class Secret {
  kPassword,         // at a sign-in
  kCurrentPassword,  // of who is signed in
  kCode,             // of the second factor
  kMail,             // none: a request for a mail, which is counted and never right
};

class GuessGuard {
 public:
  // One that is being looked at, and what it is counted under.
  struct Guess {
    std::vector<GuessKey> own;  // the account's: a right one forgets all before it
    std::vector<GuessKey>
        shared;  // the network's: a right one at one account says nothing of others
  };

  // Networks `of_many` people (a proxy's, an office's) have no count of their own for all accounts.
  GuessGuard(GuessRepository& guesses, SessionRepository& sessions, const Clock& clock,
             AuthMetrics& metrics, std::vector<Network> of_many = {})
      : guesses_(guesses),
        sessions_(sessions),
        clock_(clock),
        metrics_(metrics),
        of_many_(std::move(of_many)) {}

  // For the account of that address, whether or not there is one. ResourceExhausted "login_backoff"
  // with when to come again. It counts as wrong until End says something else.
  //
  // Each network has a count of its own for an account. Those that the account doesn't know have one
  // for the account together, and one each for all accounts. So a guesser keeps nobody waiting
  // elsewhere, and many together not the owner, at home.
  Result<Guess> Begin(Secret secret, const Email& account, const CallContext& call);
  // What came of it, which is returned: what couldn't be judged counts for nothing.
  Result<bool> End(const Guess& guess, Result<bool> right);

  // Of links, which are of nobody's account as long as they are guessed: for the network alone.
  Result<Guess> BeginFromNetwork(const CallContext& call);

  Status Purge(const CallContext& call) { return guesses_.Purge(clock_.Now(), call); }

 private:
  Result<Guess> Count(Guess guess, const CallContext& call);
  // What the address's network is counted under for all accounts; none if it is many people's.
  std::vector<GuessKey> OfNetwork(const std::string& address) const;

  GuessRepository& guesses_;
  SessionRepository& sessions_;
  const Clock& clock_;
  AuthMetrics& metrics_;
  const std::vector<Network> of_many_;
};

}  // namespace marquee::auth
