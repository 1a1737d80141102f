#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/charge.h"

/// The words that transport and service share.
namespace alexnet::serve {

using Clock = std::chrono::steady_clock;

/// Header fields in the order of arrival. Names are compared without case.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The value of the first field of this name; empty when there is none.
std::string_view find_header(const Headers& headers, std::string_view name);
/// A Content-Type in lower case without its parameters: "multipart/form-data".
std::string media_type(std::string_view content_type);
/// A parameter of a header's value: parameter("form-data; name=\"a\"", "name") is "a".
std::optional<std::string> header_parameter(std::string_view value, std::string_view name);

/// How long somebody waits for an answer.
struct Patience {
  Clock::time_point deadline;
  std::shared_ptr<std::atomic<bool>> gone;  ///< set once the client has hung up; null: never

  bool over(Clock::time_point now) const { return deadline <= now || (gone && *gone); }
};

struct HttpRequest {
  std::string method;
  std::string target;                 ///< as sent: "/v1/predict?top=3"
  std::vector<std::string> segments;  ///< of the path, decoded: {"v1", "predict"}
  std::map<std::string, std::string> query;
  Headers headers;
  std::string body;
  std::string id;              ///< the client's X-Request-Id, or one made for it
  std::string client;          ///< address
  Clock::time_point received;  ///< of its first byte
  Patience patience;
  std::optional<Charge> charge;  ///< the body, in the total of all that are held

  std::string_view header(std::string_view name) const { return find_header(headers, name); }
};

/// The status in log and metrics of a request whose client hung up, as nginx has it.
inline constexpr int kClientGone = 499;

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers;
  std::string body;
};

/// Called once, from any thread.
using Reply = std::function<void(HttpResponse)>;

/// What the transport asks of the service. All but `handle`'s reply happens on the I/O thread, so
/// every member must be quick.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// Looks at a request before its body is read; an answer refuses it.
  virtual std::optional<HttpResponse> refuse(const HttpRequest& head) = 0;
  virtual void handle(std::shared_ptr<const HttpRequest> request, Reply reply) = 0;
  /// An answer has been written, or nobody is left to read one (kClientGone). A request that could
  /// not be understood has no method.
  virtual void answered(const HttpRequest& request, const HttpResponse& response) = 0;
  /// There was no room for a connection: `response` is all that it got, over TLS nothing.
  virtual void turned_away(const HttpRequest& nobody, const HttpResponse& response) = 0;
  virtual void connections(std::size_t open) = 0;
  /// Something here went wrong that was not foreseen; the connection that it was about is closed.
  virtual void failed(const std::string& what) = 0;
};

}  // namespace alexnet::serve
