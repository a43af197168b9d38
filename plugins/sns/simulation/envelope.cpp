#include "envelope.hpp"

#include <algorithm>

namespace sns_sim {

envelope& envelope::set(std::string_view name, std::string_view value) {
    for (auto& [n, v] : fields_)
        if (n == name) {
            v = value;
            return *this;
        }
    fields_.emplace_back(name, value);
    return *this;
}

envelope& envelope::remove(std::string_view name) {
    std::erase_if(fields_, [&](const auto& f) { return f.first == name; });
    return *this;
}

std::string_view envelope::get(std::string_view name) const {
    for (const auto& [n, v] : fields_)
        if (n == name) return v;
    return {};
}

envelope& envelope::raw(std::string_view name, std::string_view json) {
    raw_.emplace_back(name, json);
    return *this;
}

std::string envelope::signed_text() const {
    static const std::vector<std::string_view> of_notification = {"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"};
    static const std::vector<std::string_view> of_others = {"Message", "MessageId", "SubscribeURL", "Timestamp",
                                                            "Token",   "TopicArn",  "Type"};
    std::string out;
    for (const std::string_view key : get("Type") == "Notification" ? of_notification : of_others)
        for (const auto& [name, value] : fields_)
            if (name == key) out.append(key).append("\n").append(value).append("\n");
    return out;
}

std::string envelope::body() const {
    std::string out = "{";
    const auto add = [&](const std::string& name, const std::string& json) {
        out += (out.size() > 1 ? ",\n  " : "\n  ") + json::quote(name) + " : " + json;
    };
    for (const auto& [name, value] : fields_) add(name, ascii_quoted(value));
    for (const auto& [name, json] : raw_) add(name, json);
    return out + "\n}";
}

} // namespace sns_sim
