#include "simulator_text.hpp"

#include <gatehouse/iso_time.hpp>

#include <algorithm>

namespace axway::sim {

using gatehouse::command_error;

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

} // namespace axway::sim
