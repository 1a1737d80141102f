// Asks a server on this machine for inference, as fast as it answers or at a constant rate:
//
//   load PORT MODEL FORM IMAGES CONNECTIONS SECONDS [RATE]
//
// FORM is UINT8 or FP32 (binary tensors of IMAGES images a request) or a JPEG or PNG file (one
// image a request). RATE, in requests a second: each request has its time, and its latency counts
// from that, also when no connection was free to send it. Prints one line of JSON.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

struct Plan {
  std::uint16_t port = 0;
  std::string model;
  std::string form;
  int images = 1;
  int connections = 1;
  double seconds = 1;
  double rate = 0;
};

class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The answer's status and body.
  std::pair<int, std::string> ask(std::string_view request) {
    while (!request.empty()) {
      const ssize_t sent = send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error("the connection is gone");
      request.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) receive();
    const std::size_t at = buffer_.find("\r\nContent-Length: ") + 18;
    const std::size_t size = end + 4 + std::stoul(buffer_.substr(at, 20));
    while (buffer_.size() < size) receive();
    std::pair<int, std::string> answer{std::stoi(buffer_.substr(9, 3)),
                                       buffer_.substr(end + 4, size - end - 4)};
    buffer_.erase(0, size);
    return answer;
  }

 private:
  void receive() {
    std::array<char, 16'384> block{};
    const ssize_t size = recv(socket_, block.data(), block.size(), 0);
    if (size <= 0) throw std::runtime_error("the connection is gone");
    buffer_.append(block.data(), static_cast<std::size_t>(size));
  }

  int socket_;
  std::string buffer_;
};

std::string make_request(const Plan& plan) {
  if (plan.form != "UINT8" && plan.form != "FP32") {
    std::ifstream file(plan.form, std::ios::binary);
    const std::string picture((std::istreambuf_iterator<char>(file)), {});
    return fmt::format(
        "POST /v1/predict?model={} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", plan.model,
        picture.size(), picture);
  }
  Connection connection(plan.port);
  const json metadata = json::parse(
      connection.ask(fmt::format("GET /v2/models/{} HTTP/1.1\r\nHost: x\r\n\r\n", plan.model))
          .second);
  const auto shape = metadata["inputs"][0]["shape"].get<std::vector<int>>();
  const bool floats = plan.form == "FP32";
  const std::size_t bytes =
      static_cast<std::size_t>(plan.images) * static_cast<std::size_t>(shape[1]) *
      static_cast<std::size_t>(shape[2]) * static_cast<std::size_t>(shape[3]) * (floats ? 4 : 1);
  std::string tensor(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i)
    tensor[i] = static_cast<char>(floats ? 0 : i * 31 + i / 97);
  const json order = floats ? json{plan.images, shape[1], shape[2], shape[3]}
                            : json{plan.images, shape[2], shape[3], shape[1]};
  const std::string head =
      json{{"inputs",
            {{{"name", "input"},
              {"datatype", plan.form},
              {"shape", order},
              {"parameters", {{"binary_data_size", bytes}}}}}},
           {"outputs", {{{"name", "logits"}, {"parameters", {{"binary_data", true}}}}}}}
          .dump();
  return fmt::format(
      "POST /v2/models/{}/infer HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n"
      "Inference-Header-Content-Length: {}\r\n\r\n{}{}",
      plan.model, head.size() + bytes, head.size(), head, tensor);
}

class Load {
 public:
  explicit Load(const Plan& plan) : plan_(plan), request_(make_request(plan)) {}

  json run() {
    begin_ = Clock::now();
    const double cpu = cpu_seconds();
    std::vector<std::thread> threads;
    threads.reserve(static_cast<std::size_t>(plan_.connections));
    for (int i = 0; i < plan_.connections; ++i) threads.emplace_back([this] { work(); });
    for (std::thread& thread : threads) thread.join();
    const double wall = std::chrono::duration<double>(Clock::now() - begin_).count();
    return report(wall, cpu_seconds() - cpu);
  }

 private:
  static double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }

  // When the next request is to be sent.
  Clock::time_point next() {
    if (plan_.rate <= 0) return Clock::now();
    const std::chrono::duration<double> after(static_cast<double>(sent_++) / plan_.rate);
    return begin_ + std::chrono::duration_cast<Clock::duration>(after);
  }

  void work() {
    Connection connection(plan_.port);
    const auto end = begin_ + std::chrono::duration_cast<Clock::duration>(
                                  std::chrono::duration<double>(plan_.seconds));
    for (;;) {
      const auto due = next();
      if (due >= end) return;
      std::this_thread::sleep_until(due);
      const int status = connection.ask(request_).first;
      const std::chrono::duration<double, std::milli> latency = Clock::now() - due;
      const std::scoped_lock lock(mutex_);
      ++statuses_[std::to_string(status)];
      latencies_.push_back(latency.count());
    }
  }

  json report(double wall, double cpu) {
    std::ranges::sort(latencies_);
    const auto percentile = [&](double share) {
      return latencies_[static_cast<std::size_t>(share *
                                                 static_cast<double>(latencies_.size() - 1))];
    };
    return {
        {"form", plan_.form},
        {"images_per_request", plan_.images},
        {"connections", plan_.connections},
        {"rate", plan_.rate},
        {"requests", latencies_.size()},
        {"statuses", statuses_},
        {"images_per_second", static_cast<double>(latencies_.size()) * plan_.images / wall},
        {"ms", {{"p50", percentile(0.5)}, {"p99", percentile(0.99)}, {"max", latencies_.back()}}},
        {"client_cores", cpu / wall}};
  }

  Plan plan_;
  std::string request_;
  Clock::time_point begin_;
  std::atomic<std::int64_t> sent_{0};
  std::mutex mutex_;
  std::map<std::string, int> statuses_;
  std::vector<double> latencies_;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 7) {
    fmt::print(stderr, "usage: load PORT MODEL FORM IMAGES CONNECTIONS SECONDS [RATE]\n");
    return 2;
  }
  const Plan plan{.port = static_cast<std::uint16_t>(std::stoi(argv[1])),
                  .model = argv[2],
                  .form = argv[3],
                  .images = std::stoi(argv[4]),
                  .connections = std::stoi(argv[5]),
                  .seconds = std::stod(argv[6]),
                  .rate = argc > 7 ? std::stod(argv[7]) : 0};
  fmt::print("{}\n", Load(plan).run().dump());
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "load: {}\n", error.what());
  return 1;
}
