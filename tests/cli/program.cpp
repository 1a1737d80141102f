#include "cli/program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "support/paths.h"

namespace alexnet::test {
namespace {

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// In the child: never returns.
[[noreturn]] void become_program(std::vector<char*> argv, const std::filesystem::path& folder,
                                 const std::filesystem::path& out,
                                 const std::filesystem::path& err) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
  constexpr mode_t kMode = 0600;
  const bool ready = chdir(folder.c_str()) == 0 &&
                     dup2(open(out.c_str(), kFlags, kMode), STDOUT_FILENO) >= 0 &&
                     dup2(open(err.c_str(), kFlags, kMode), STDERR_FILENO) >= 0 &&
                     dup2(open("/dev/null", O_RDONLY), STDIN_FILENO) >= 0;
  if (ready) execv(argv[0], argv.data());
  constexpr int kCannotExecute = 127;
  _exit(kCannotExecute);
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                 const std::string& file) {
  std::vector<std::string> words{file};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto out = output_ / "out";
  const auto err = output_ / "err";
  process_ = fork();
  if (process_ < 0) throw std::runtime_error("cannot fork");
  if (process_ == 0) become_program(std::move(argv), folder, out, err);
}

Program::~Program() {
  if (running()) {
    send(SIGKILL);
    wait();
  }
}

void Program::send(int signal) const {
  if (process_ > 0) kill(process_, signal);
}

bool Program::running() {
  if (process_ > 0 && waitpid(process_, &status_, WNOHANG) == process_) process_ = -1;
  return process_ > 0;
}

Outcome Program::wait() {
  if (process_ > 0) waitpid(process_, &status_, 0);
  process_ = -1;
  constexpr int kSignalled = 128;
  const int code = WIFEXITED(status_) ? WEXITSTATUS(status_) : kSignalled + WTERMSIG(status_);
  return {.code = code, .out = read_all(output_ / "out"), .err = read_all(output_ / "err")};
}

std::string program_path() {
  return alexnet::program_path().string();
}

Outcome run_program(const std::vector<std::string>& arguments,
                    const std::filesystem::path& folder) {
  return Program(arguments, folder).wait();
}

}  // namespace alexnet::test
