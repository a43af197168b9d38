#include "core/config/url.hpp"

#include "core/base/encoding.hpp"
#include "core/config/listen.hpp"

#include <string_view>

namespace gh::config {

namespace {

std::string_view authority_of(std::string_view rest) {
    return rest.substr(0, rest.find_first_of("/?#"));
}

} // namespace

std::string url_fault(const std::string& url) {
    const size_t scheme = url.find("://");
    if (scheme == url.npos) return "is not an absolute URL; write http://… or https://…";
    const std::string_view name = std::string_view(url).substr(0, scheme);
    if (!equals_ignoring_case(name, "http") && !equals_ignoring_case(name, "https")) return "must begin with http:// or https://";
    for (const char c : url)
        if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f ||
            std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos)
            return "holds a character that no URL may have; percent-encode it";
    const std::string_view rest = std::string_view(url).substr(scheme + 3);
    const std::string_view authority = authority_of(rest);
    if (authority.find('@') != authority.npos) return "must not hold a user name or password; deliveries are signed instead";
    if (rest.find('#') != rest.npos) return "must not have a fragment (\"#…\"); no server would see it";
    if (authority.empty()) return "names no host";
    // A port is always given to parse_listen, so that its own rules for hosts apply.
    const bool has_port = authority.back() != ']' && authority.find(':', authority[0] == '[' ? authority.find(']') : 0) != authority.npos;
    const auto parsed = parse_listen(has_port ? std::string(authority) : std::string(authority) + ":80");
    if (!parsed.ok() || parsed->port == 0) return "names no valid host and port";
    return {};
}

std::string without_user_info(const std::string& url) {
    const size_t scheme = url.find("://");
    const size_t begin = scheme == url.npos ? 0 : scheme + 3;
    const size_t at = url.rfind('@', url.find_first_of("/?#", begin));
    return at == url.npos || at < begin ? url : url.substr(0, begin) + "…" + url.substr(at);
}

} // namespace gh::config
