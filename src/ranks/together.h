#pragma once

#include <alexnet/error.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ranks/communicator.h"

/// What ranks agree on. All of them call these alike.
namespace alexnet {

/// An error that every rank throws with the same sentence: none waits for another.
class SharedError : public Error {
 public:
  using Error::Error;
};

/// What each rank gives, by rank.
std::vector<std::string> all_gather(Communicator& ranks, std::string_view own);

/// Whether it is so on any rank.
bool any(Communicator& ranks, bool own);

/// Gathers what `action` returns on each rank. Where it throws an Error on some, all throw a
/// SharedError that names the first of these and its host; the plain sentence where it is every
/// rank's. One process on its own throws what `action` does. Other collective calls have no place
/// in it.
std::vector<std::string> together(Communicator& ranks, const std::function<std::string()>& action);
/// The same of an action that gives nothing.
void do_together(Communicator& ranks, const std::function<void()>& action);
/// Only the first rank acts; where it throws an Error, all throw a SharedError of that sentence.
void do_on_first(Communicator& ranks, const std::function<void()>& action);

/// "rank 2 on node7"
std::string rank_name(int rank, std::string_view host);
/// Of this machine.
std::string host_name();

}  // namespace alexnet
