#include "simulator_text.hpp"

#include <gatehouse/encoding.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace basiq::sim {

namespace {

constexpr std::string_view k_base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `size` characters of an alphabet whose length divides 256, or nearly so: these are no keys to anything real.
std::string letters(const simulator_host& host, size_t size, std::string_view alphabet) {
    std::string out = host.random(size);
    for (char& c : out) c = alphabet[static_cast<unsigned char>(c) % alphabet.size()];
    return out;
}

std::string key_of(std::string_view secret) {
    if (secret.substr(0, 6) == "whsec_") secret.remove_prefix(6);
    while (!secret.empty() && secret.back() == '=') secret.remove_suffix(1);
    std::string out;
    unsigned bits = 0;
    int have = 0;
    for (const char c : secret) {
        const size_t v = k_base64.find(c == '-' ? '+' : c == '_' ? '/' : c);
        if (v == k_base64.npos) return {};
        bits = (bits << 6 | static_cast<unsigned>(v)) & 0xffff;
        have += 6;
        if (have >= 8) out += static_cast<char>(bits >> (have -= 8) & 0xff);
    }
    return out;
}

} // namespace

std::string long_id(const simulator_host& host) {
    return letters(host, 64, "0123456789abcdef");
}

std::string message_id(const simulator_host& host) {
    return "msg_" + letters(host, 24, k_base64.substr(0, 62));
}

std::string token(const simulator_host& host) {
    return letters(host, 48, k_base64.substr(0, 62));
}

bool is_uuid(std::string_view s) {
    if (s.size() != 36) return false;
    for (size_t i = 0; i < s.size(); ++i)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? s[i] != '-' : !gatehouse::is_hex_digit(s[i])) return false;
    return true;
}

std::string make_secret(const simulator_host& host, std::string_view style) {
    if (style == "short") return letters(host, 12, "abcdefghijklmnopqrstuvwxyz0123456789");
    if (style == "standard") return "whsec_" + letters(host, 32, k_base64);
    return "whsec_" + letters(host, 39, k_base64);
}

std::string sign(std::string_view secret, std::string_view id, std::string_view timestamp, std::string_view body) {
    const std::string key = key_of(secret);
    std::string content;
    content.reserve(id.size() + timestamp.size() + body.size() + 2);
    (((content.append(id) += '.').append(timestamp)) += '.').append(body);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(content.data()), content.size(),
         digest, &size);
    return "v1," + gatehouse::to_base64({reinterpret_cast<const char*>(digest), size});
}

std::string date(time_point t) {
    using namespace std::chrono;
    const auto day = floor<days>(t);
    const year_month_day ymd(day);
    const hh_mm_ss clock(floor<seconds>(t - day));
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                  static_cast<unsigned>(ymd.day()), static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text;
}

api_answer ok(const json::object& body, int status) {
    api_answer out;
    out.status = status;
    out.headers.emplace_back("Content-Type", "application/json");
    out.body = body.text();
    return out;
}

api_answer error(const simulator_host& host, int status, std::string_view code, std::string_view title, std::string_view detail,
                 std::string_view source) {
    json::object one{{"type", "error"}, {"code", code}, {"title", title}, {"detail", detail}};
    if (!source.empty()) one.add("source", json::object{{"parameter", source}});
    return ok({{"type", "list"}, {"correlationId", uuid(host)}, {"data", json::array({one})}}, status);
}

api_answer not_found(const simulator_host& host, std::string_view detail) {
    return error(host, 404, "resource-not-found", "Requested resource is not found.", detail);
}

std::optional<std::string> percent_decode(std::string_view s, bool plus) {
    std::string out;
    for (size_t i = 0; i < s.size(); ++i) {
        if (s[i] == '%') {
            const auto byte = gatehouse::from_hex(s.substr(i + 1, 2));
            if (!byte || byte->size() != 1) return std::nullopt;
            out += *byte;
            i += 2;
        } else {
            out += plus && s[i] == '+' ? ' ' : s[i];
        }
    }
    return out;
}

std::optional<std::string> parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const size_t equals = std::min(pair.find('='), pair.size());
        if (percent_decode(pair.substr(0, equals), true) == name)
            return percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    }
    return std::nullopt;
}

} // namespace basiq::sim
