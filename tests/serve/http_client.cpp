#include "serve/http_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

namespace alexnet::test {

HttpClient::HttpClient(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval timeout{.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(socket_);
    throw std::runtime_error("cannot connect");
  }
}

HttpClient::~HttpClient() {
  close(socket_);
}

void HttpClient::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // what the server says of it is to be read
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool HttpClient::receive() {
  std::array<char, 65'536> block{};
  const ssize_t size = recv(socket_, block.data(), block.size(), 0);
  if (size <= 0) return false;
  buffer_.append(block.data(), static_cast<std::size_t>(size));
  return true;
}

bool HttpClient::closed() {
  errno = 0;
  while (receive()) continue;
  return errno != EAGAIN;
}

Answer HttpClient::read(bool head) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive()) return {};
  }
  Answer answer;
  std::string_view lines = std::string_view(buffer_).substr(0, end + 2);
  answer.status = std::stoi(std::string(lines.substr(9, 3)));
  lines.remove_prefix(lines.find("\r\n") + 2);
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find("\r\n"));
    const auto colon = line.find(": ");
    answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    lines.remove_prefix(line.size() + 2);
  }
  buffer_.erase(0, end + 4);
  const std::string length = answer.header("Content-Length");
  const std::size_t size = head || length.empty() ? 0 : std::stoul(length);
  while (buffer_.size() < size) {
    if (!receive()) return {};
  }
  answer.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return answer;
}

Answer HttpClient::get(const std::string& path, const serve::Headers& headers) {
  send(request_text("GET", path, headers));
  return read();
}

Answer HttpClient::post(const std::string& path, const std::string& body,
                        const serve::Headers& headers) {
  send(request_text("POST", path, headers, body));
  return read();
}

std::string request_text(std::string_view method, std::string_view path,
                         const serve::Headers& headers, std::string_view body) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: test\r\n", method, path);
  for (const auto& [name, value] : headers) text += fmt::format("{}: {}\r\n", name, value);
  if (!body.empty()) text += fmt::format("Content-Length: {}\r\n", body.size());
  return fmt::format("{}\r\n{}", text, body);
}

}  // namespace alexnet::test
