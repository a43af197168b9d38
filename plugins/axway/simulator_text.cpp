#include "simulator_text.hpp"

#include <gatehouse/iso_time.hpp>

#include <algorithm>

namespace axway::sim {

using gatehouse::command_error;

std::string uuid(const simulator_host& host) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string bytes = host.random(16), out;
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        const auto b = static_cast<unsigned char>(bytes[i]);
        out += digits[b >> 4];
        out += digits[b & 15];
    }
    return out;
}

std::string secret(const simulator_host& host) {
    // With characters that must be encoded in a form, so that whoever forgets it is found out.
    return "s+/" + gatehouse::to_base64(host.random(21)) + "=";
}

std::string decode(std::string_view s) {
    std::string out;
    for (size_t i = 0; i < s.size(); ++i) {
        const auto byte = s[i] == '%' && i + 2 < s.size() ? gatehouse::from_hex(s.substr(i + 1, 2)) : std::nullopt;
        if (byte) {
            out += *byte;
            i += 2;
        } else {
            out += s[i] == '+' ? ' ' : s[i];
        }
    }
    return out;
}

std::optional<std::string> parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view one = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(one.size() + 1, query.size()));
        const size_t equals = std::min(one.find('='), one.size());
        if (decode(one.substr(0, equals)) == name) return decode(one.substr(std::min(equals + 1, one.size())));
    }
    return std::nullopt;
}

api_answer error(int status, std::string_view title, std::string_view detail, std::string_view parameter) {
    json::object e{{"status", status}, {"title", title}, {"detail", detail}, {"meta", json::object()}};
    json::object source;
    if (!parameter.empty()) source.add("parameter", parameter);
    e.add("source", source);
    json::array list;
    list.add(e);
    return ok(json::object{{"errors", list}}.text(), status);
}

api_answer ok(const std::string& json, int status) {
    return {status, {{"Content-Type", "application/json"}}, json};
}

std::string date(time_point t) {
    std::string out = gatehouse::utc_text(t);
    out.insert(out.size() - 1, "000");
    return out;
}

std::string duration(milliseconds d) {
    const auto ms = std::max<int64_t>(0, d.count());
    return "PT" + std::to_string(ms / 1000) + "." + std::to_string(1000 + ms % 1000).substr(1) + "S";
}

int64_t integer_of(json::value v, const char* name, int64_t least, int64_t most, int64_t otherwise) {
    if (!v) return otherwise;
    const auto n = v.integer();
    if (!n || *n < least || *n > most)
        throw command_error::invalid(std::string(name) + ": give a whole number from " + std::to_string(least) + " to " +
                                     std::to_string(most));
    return *n;
}

std::string text_of(json::value v, const char* name, std::string_view otherwise) {
    if (v && !v.is_string()) throw command_error::invalid(std::string(name) + ": give a text");
    return std::string(v ? v.text() : otherwise);
}

bool flag_of(json::value v, const char* name, bool otherwise) {
    if (v && !v.boolean()) throw command_error::invalid(std::string(name) + ": give true or false");
    return v ? *v.boolean() : otherwise;
}

void only(json::value object, std::initializer_list<std::string_view> names) {
    for (const auto [key, value] : object.members()) {
        if (std::find(names.begin(), names.end(), key) != names.end()) continue;
        std::string known;
        for (const std::string_view n : names) known += (known.empty() ? "" : ", ") + std::string(n);
        throw command_error::invalid("\"" + gatehouse::printable(key) + "\" is not known here; there are " + known);
    }
}

} // namespace axway::sim
