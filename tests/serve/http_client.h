#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/http/request.h"

namespace alexnet::test {

struct Answer {
  int status = 0;  ///< 0: the connection was closed instead
  serve::Headers headers;
  std::string body;

  std::string header(std::string_view name) const {
    return std::string(serve::find_header(headers, name));
  }
};

/// A connection that sends bytes as they are and reads answers.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void send(std::string_view bytes) const;
  /// The next answer; without a body for HEAD.
  Answer read(bool head = false);
  /// Whether the server closes the connection, within 10 s.
  bool closed();

  Answer get(const std::string& path, const serve::Headers& headers = {});
  Answer post(const std::string& path, const std::string& body, const serve::Headers& headers = {});

 private:
  bool receive();

  int socket_ = -1;
  std::string buffer_;
};

/// A request's text, with Host and Content-Length.
std::string request_text(std::string_view method, std::string_view path,
                         const serve::Headers& headers = {}, std::string_view body = {});

}  // namespace alexnet::test
