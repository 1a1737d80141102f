#pragma once

namespace alexnet::cli {

/// Opens /dev/null as standard input, output and error where they are closed, so that no file of
/// the program gets their numbers and what is meant for them; and lets a pipe whose reader has
/// ended be an error, so that work goes on without its messages. Call it first.
void prepare_standard_streams();

/// Ends the process as a closed pipe would have, without a word: `alexnet info alexnet | head`.
[[noreturn]] void end_by_closed_pipe();

}  // namespace alexnet::cli
