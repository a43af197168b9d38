#include "signature.hpp"

#include <gatehouse/encoding.hpp>
#include <gatehouse/iso_time.hpp>

using namespace gatehouse;

namespace hmac_plugin {

namespace {

struct algorithm {
    std::string_view name;
    hmac_algorithm value;
    size_t size;
};
constexpr algorithm k_algorithms[] = {
    {"sha256", hmac_algorithm::sha256, 32}, {"sha1", hmac_algorithm::sha1, 20}, {"sha512", hmac_algorithm::sha512, 64}};

algorithm algorithm_of(std::string_view name) {
    return *std::find_if(std::begin(k_algorithms), std::end(k_algorithms), [&](const auto& a) { return a.name == name; });
}

key_form form_of(std::string_view name) {
    return name == "whsec" ? key_form::whsec : name == "hex" ? key_form::hex : key_form::raw;
}

std::string_view trim(std::string_view s) {
    while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
    while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
    return s;
}

} // namespace

signature::signature(host h, const settings& s)
    : host_(h),
      explain_(h),
      algorithm_(algorithm_of(s["algorithm"].text()).value),
      key_(form_of(s["key"].text())),
      size_(algorithm_of(s["algorithm"].text()).size),
      header_(s["signature_header"].text()),
      prefix_(s["signature_prefix"].text()),
      separator_(s["signature_separator"].text()),
      encoding_(s["encoding"].text()),
      time_header_(s["timestamp_header"].text()),
      time_prefix_(s["timestamp_prefix"].text()),
      time_format_(s["timestamp_format"].text()),
      tolerance_(parse_duration(s["tolerance"].text()).value_or(milliseconds(-1))),
      parts_(parse_template(s["signed"].text())) {
    if (tolerance_ < milliseconds(0)) throw setting_error("tolerance", "is more than 366 days");
    if (!signs(part::body)) throw setting_error("signed", "has no {body}: a signature that leaves the body out proves nothing about it");
    if (!time_prefix_.empty() && separator_.empty())
        throw setting_error("timestamp_prefix", "needs signature_separator: it finds the time among the entries of the signature header");
    if (!time_prefix_.empty() && !time_header_.empty())
        throw setting_error("timestamp_prefix", "and timestamp_header are both set: the time is in the one or in the other");
    const bool has_time = !time_prefix_.empty() || !time_header_.empty();
    if (has_time && !signs_time()) throw setting_error("signed", "has no {timestamp}, so the time could be changed by anyone");
    if (!has_time && signs_time())
        throw setting_error("signed", "has {timestamp}: say where it is, by timestamp_header or timestamp_prefix");

    const uint32_t count = h.secret_count("secret");
    if (count == 0) throw setting_error("secret", "is not set");
    const std::array<std::string_view, 1> nothing = {""};
    for (uint32_t i = 0; i < count; ++i)
        if (!h.hmac(algorithm_, key_, "secret", i, nothing))
            throw setting_error("secret",
                                "value " + std::to_string(i + 1) + " gives no key of the form \"" + std::string(s["key"].text()) + "\"");
}

std::vector<signature::part> signature::parse_template(std::string_view text) {
    static constexpr std::pair<std::string_view, decltype(part::what)> k_names[] = {
        {"body", part::body}, {"timestamp", part::timestamp}, {"method", part::method}, {"target", part::target}, {"path", part::path}};
    std::vector<part> out;
    while (!text.empty()) {
        const size_t end = std::min(text.find(text.front() == '{' ? '}' : '{'), text.size());
        std::string name(text.substr(0, end));
        text.remove_prefix(end);
        if (name.front() != '{') {
            out.push_back({part::literal, std::move(name)});
            continue;
        }
        name.erase(0, 1);
        const auto known = std::find_if(std::begin(k_names), std::end(k_names), [&](const auto& k) { return k.first == name; });
        if (text.empty() || (known == std::end(k_names) && name.rfind("header:", 0) != 0))
            throw setting_error("signed", "\"{" + printable(name, 40) +
                                              "}\" is none of {body}, {timestamp}, {method}, {target}, {path} and {header:<name>}");
        out.push_back(known == std::end(k_names) ? part{part::header, name.substr(7)} : part{known->second, {}});
        text.remove_prefix(1);
    }
    return out;
}

bool signature::signs(decltype(part::what) what) const {
    return std::any_of(parts_.begin(), parts_.end(), [&](const part& p) { return p.what == what; });
}

bool signature::signs_header(std::string_view name) const {
    return std::any_of(parts_.begin(), parts_.end(),
                       [&](const part& p) { return p.what == part::header && equals_ignoring_case(p.text, name); });
}

std::vector<std::string_view> signature::entries(std::string_view value, std::string_view prefix) const {
    std::vector<std::string_view> out;
    for (bool more = true; more;) {
        const size_t end = separator_.empty() ? std::string_view::npos : value.find(separator_);
        more = end != std::string_view::npos;
        const std::string_view entry = trim(value.substr(0, end));
        if (more) value.remove_prefix(end + separator_.size());
        if (entry.substr(0, prefix.size()) == prefix) out.push_back(entry.substr(prefix.size()));
    }
    return out;
}

std::optional<std::string> signature::decode(std::string_view text) const {
    if (encoding_ == "hex") return from_hex(text);
    if (encoding_ == "base64") return from_base64(text);
    std::string standard(text.substr(0, text.find_last_not_of('=') + 1));
    for (char& c : standard) {
        if (c == '+' || c == '/') return std::nullopt;
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    standard.append((4 - standard.size() % 4) % 4, '=');
    return from_base64(standard);
}

std::optional<time_point> signature::read_time(std::string_view text) const {
    if (time_format_ == "rfc3339") return parse_offset_time(text);
    const auto n = gatehouse::detail::parse_digits(text, time_format_ == "seconds" ? 12 : 15);
    if (!n) return std::nullopt;
    return time_point(time_format_ == "seconds" ? milliseconds(std::chrono::seconds(*n)) : milliseconds(*n));
}

verdict signature::verify(const request& in) const {
    const auto value = in.header(header_);
    if (!value) return refusal("header_missing", header_ + " is missing");
    if (in.count(header_) != 1) return refusal("header_malformed", header_ + " is there more than once");

    std::string_view time_text;
    if (!time_header_.empty()) {
        if (in.count(time_header_) != 1) return refusal("timestamp_missing", time_header_ + " is not there exactly once");
        time_text = *in.header(time_header_);
    } else if (!time_prefix_.empty()) {
        const auto times = entries(*value, time_prefix_);
        if (times.size() != 1) return refusal("timestamp_missing", header_ + " does not have exactly one \"" + time_prefix_ + "\"");
        time_text = times.front();
    }
    const auto time = signs_time() ? read_time(time_text) : std::nullopt;
    if (signs_time() && !time) return refusal("timestamp_malformed", "the time is not " + time_format_ + ": " + printable(time_text, 40));

    std::vector<std::string> given;
    for (std::string_view entry : entries(*value, prefix_))
        if (auto bytes = decode(entry); bytes && bytes->size() == size_) given.push_back(std::move(*bytes));
    if (given.empty())
        return refusal("signature_malformed",
                       header_ + " has no \"" + prefix_ + "\" and " + std::to_string(size_) + " bytes in " + encoding_);

    std::vector<std::string_view> text;
    for (const part& p : parts_) {
        if (p.what == part::header && in.count(p.text) != 1)
            return refusal("part_missing", p.text + " is signed, and is not there exactly once");
        text.push_back(p.what == part::literal     ? std::string_view(p.text)
                       : p.what == part::body      ? in.body()
                       : p.what == part::timestamp ? time_text
                       : p.what == part::method    ? in.method()
                       : p.what == part::target    ? in.target()
                       : p.what == part::path      ? in.target().substr(0, in.target().find('?'))
                                                   : *in.header(p.text));
    }
    if (explain_.listens()) {
        std::string whole;
        for (std::string_view t : text) whole += t;
        explain_.say("signed text", whole);
    }
    bool match = false, broken = false;
    const uint32_t count = host_.secret_count("secret");
    for (uint32_t i = 0; i < count; ++i) {
        const auto expected = host_.hmac(algorithm_, key_, "secret", i, text);
        broken |= !expected;
        for (const std::string& g : given) match |= expected && equal_constant_time(*expected, g);
    }
    // Our own fault must not become a refusal: what the sender sent may well be genuine.
    if (!match && (count == 0 || broken)) throw failure::retry("setting \"secret\" has no value, or one that is not a key");
    if (!match)
        return refusal("signature_mismatch", std::to_string(given.size()) + " signature(s) against " + std::to_string(count) +
                                                 " secret(s), body of " + std::to_string(in.body().size()) +
                                                 " bytes: see what was signed with gatehouse verify --explain");
    acceptance yes;
    if (time) yes = acceptance().signed_at(*time, tolerance_, tolerance_);
    return yes;
}

} // namespace hmac_plugin
