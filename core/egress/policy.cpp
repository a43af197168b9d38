#include "core/base/encoding.hpp"
#include "core/egress/client.hpp"
#include "core/egress/url.hpp"

namespace gh::egress {

namespace {

bool host_matches(std::string_view pattern, std::string_view host) {
    if (pattern.size() > 2 && pattern.front() == '[' && pattern.back() == ']') pattern = pattern.substr(1, pattern.size() - 2);
    if (!pattern.starts_with("*.")) return equals_ignoring_case(pattern, host);
    const std::string_view domain = pattern.substr(1);
    if (host.size() <= domain.size()) return false;
    const std::string_view label = host.substr(0, host.size() - domain.size());
    return equals_ignoring_case(host.substr(label.size()), domain) && label.find('.') == std::string_view::npos;
}

/// What a server might decode into another "/" or a dot segment, and so climb out of the prefix.
bool may_climb(std::string_view path) {
    std::string plain;
    for (size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '%' && i + 2 < path.size()) {
            const auto byte = from_hex(path.substr(i + 1, 2));
            if (!byte || *byte == "/" || *byte == "\\") return true;
            const std::string_view next = path.substr(i + 3, 2); // a careless server decodes twice
            if (*byte == "%" &&
                (next == "25" || equals_ignoring_case(next, "2e") || equals_ignoring_case(next, "2f") || equals_ignoring_case(next, "5c")))
                return true;
            plain += *byte;
            i += 2;
        } else {
            plain += path[i];
        }
    }
    for (size_t start = 0; start <= plain.size();) {
        const size_t end = std::min(plain.find('/', start), plain.size());
        const std::string_view segment = std::string_view(plain).substr(start, end - start);
        // Servlet containers cut path parameters off before they look for dot segments.
        const std::string_view name = segment.substr(0, segment.find(';'));
        if (name == "." || name == "..") return true;
        start = end + 1;
    }
    return false;
}

bool path_matches(std::string_view prefix, std::string_view path) {
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    if (prefix.empty()) return true;
    if (!path.starts_with(prefix)) return false;
    const std::string_view rest = path.substr(prefix.size());
    return rest.empty() || (rest.front() == '/' && !may_climb(rest));
}

} // namespace

const Rule* Policy::match(const Url& url) const {
    const Rule* found = nullptr;
    for (const auto& rule : rules_) {
        if (rule.scheme != url.scheme || rule.port != url.port || !host_matches(rule.host, url.host) ||
            !path_matches(rule.path_prefix, url.path))
            continue;
        if (rule.private_addresses) return &rule;
        if (!found) found = &rule;
    }
    return found;
}

const Rule* Policy::match(const std::string& url) const {
    const auto parsed = parse_url(url);
    return parsed.ok() ? match(*parsed) : nullptr;
}

Result<Rule> rule_for(const std::string& url) {
    const auto parsed = parse_url(url);
    if (!parsed.ok()) return parsed.error();
    Rule rule;
    rule.scheme = parsed->scheme;
    rule.host = parsed->host;
    rule.port = parsed->port;
    rule.path_prefix = parsed->path == "/" ? "" : parsed->path;
    rule.private_addresses = true;
    return rule;
}

} // namespace gh::egress
