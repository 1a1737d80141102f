#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/http/cancellation.h"
#include "serve/http/headers.h"
#include "serve/http/memory_reservation.h"

namespace alexnet::serve {

struct RequestHead {
  std::string method;
  std::string target;  ///< as sent: "/v1/predict?top=3"
  /// Of the path, decoded: {"v1", "predict"}. No path has a single empty one, the value before it
  /// is known.
  std::vector<std::string> segments{""};
  std::map<std::string, std::string> query;
  Headers headers;
  bool keep_alive = false;     ///< the client may send another request after this one
  bool has_body = false;       ///< it is announced, so it may be empty
  std::string id;              ///< the client's X-Request-Id, or a generated one
  std::string client;          ///< address
  Clock::time_point received;  ///< of its first byte
  Cancellation cancellation;

  /// OPTIONS * asks about the server (RFC 9112, 3.2.4), and has no path.
  bool is_for_server() const { return method == "OPTIONS" && target == "*"; }
  std::string_view header(std::string_view name) const { return find_header(headers, name); }
};

struct HttpRequest : RequestHead {
  std::string body;
  std::optional<MemoryReservation> reservation;  ///< of the body, in the total of all requests
};

}  // namespace alexnet::serve
