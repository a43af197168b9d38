#include "core/plugin/settings.hpp"

#include <algorithm>

namespace gh::plugin {

namespace {

/// "/clients/0/secret" as people write it: ".clients[0].secret".
std::string spoken(std::string_view pointer) {
    std::string out;
    while (!pointer.empty()) {
        pointer.remove_prefix(1);
        const auto token = pointer.substr(0, pointer.find('/'));
        pointer.remove_prefix(token.size());
        const bool index = !token.empty() && token.find_first_not_of("0123456789") == token.npos;
        out += index ? "[" + std::string(token) + "]" : "." + std::string(token);
    }
    return out;
}

std::string position_of(const config::Settings& settings, std::string pointer, const config::Position& fallback) {
    for (;;) {
        if (const auto found = settings.origins.find(pointer); found != settings.origins.end()) return found->second.position.text() + ": ";
        if (pointer.empty()) break;
        pointer.erase(pointer.rfind('/'));
    }
    return fallback.file.empty() ? std::string() : fallback.text() + ": ";
}

class SecretTaker {
public:
    SecretTaker(const config::Settings& settings, const std::string& label, PreparedSettings& out)
        : settings_(settings), label_(label), out_(out) {}

    /// True when the value was a secret: it is then taken and must leave the settings.
    bool take(const Schema& schema, Json& value, const std::string& pointer) {
        if (schema.write_only()) {
            if (value.kind == Json::Kind::string) add(pointer, value, pointer);
            for (size_t i = 0; i < value.items.size(); ++i) add(pointer, value.items[i], pointer + "/" + std::to_string(i));
            return true;
        }
        std::erase_if(value.members, [&](JsonMember& member) {
            const Schema* inner = schema.property(member.name);
            return inner && take(*inner, member.value, pointer + "/" + pointer_token(member.name));
        });
        if (schema.items())
            for (size_t i = 0; i < value.items.size(); ++i) take(*schema.items(), value.items[i], pointer + "/" + std::to_string(i));
        return false;
    }

private:
    void add(const std::string& name, const Json& value, const std::string& pointer) {
        out_.secrets.add(std::string_view(name).substr(1), Secret(value.text));
        const auto origin = settings_.origins.find(pointer);
        if (origin == settings_.origins.end() || origin->second.by_reference) return;
        out_.warnings.push_back(origin->second.position.text() + ": " + label_ + spoken(pointer) +
                                ": a secret stands in the file itself; move it out and write ${env:NAME} or ${file:PATH}");
    }

    const config::Settings& settings_;
    const std::string& label_;
    PreparedSettings& out_;
};

} // namespace

Result<PreparedSettings> prepare_settings(const Schema& schema, const config::Settings& settings, const std::string& label,
                                          const config::Position& position) {
    PreparedSettings out;
    const auto written = settings.json.reveal();
    auto json = Json::parse(written.empty() ? "{}" : written);
    if (!json) return Error{position_of(settings, "", position) + label + ": " + json.error().message};
    out.open = std::move(*json);
    if (out.open.kind == Json::Kind::null) out.open.kind = Json::Kind::object; // "settings:" with nothing below it

    std::string faults;
    for (const auto& fault : schema.check(out.open))
        faults += (faults.empty() ? "" : "\n") + position_of(settings, fault.pointer, position) + label + spoken(fault.place) + ": " +
                  fault.message;
    if (!faults.empty()) return Error{std::move(faults)};

    SecretTaker(settings, label, out).take(schema, out.open, "");
    out.json = out.open.write();
    return out;
}

Result<Json> prepare_block(const Schema& schema, const config::Settings& block, const std::string& label,
                           const config::Position& position) {
    const auto written = block.json.reveal();
    auto json = Json::parse(written.empty() ? "{}" : written);
    if (!json) return Error{position_of(block, "", position) + label + ": " + json.error().message};
    if (json->kind == Json::Kind::null) json->kind = Json::Kind::object;
    std::string faults;
    for (const auto& fault : schema.check(*json))
        faults +=
            (faults.empty() ? "" : "\n") + position_of(block, fault.pointer, position) + label + spoken(fault.place) + ": " + fault.message;
    if (!faults.empty()) return Error{std::move(faults)};
    return json;
}

Result<std::string> prepare_arguments(const Schema& schema, std::string_view text) {
    auto json = Json::parse(text.empty() ? "{}" : text);
    if (!json) return Error{"arguments: " + json.error().message};
    std::string faults;
    for (const auto& fault : schema.check(*json))
        faults += (faults.empty() ? "" : "\n") + ("arguments" + spoken(fault.place)) + ": " + fault.message;
    if (!faults.empty()) return Error{std::move(faults)};
    return json->write();
}

} // namespace gh::plugin
