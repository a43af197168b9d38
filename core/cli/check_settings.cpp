#include "core/base/json.hpp"
#include "core/cli/conformance.hpp"

namespace gh::cli {

namespace {

using plugin::Json;
using Kind = Json::Kind;

Json parsed(std::string_view text) {
    return std::move(Json::parse(text).value());
}

/// What a setting could be given by mistake, one of each type.
const std::vector<std::pair<const char*, const char*>>& wrong_values() {
    static const std::vector<std::pair<const char*, const char*>> k_values = {{"null", "null"},
                                                                              {"a boolean", "true"},
                                                                              {"a number", "-1"},
                                                                              {"an empty string", "\"\""},
                                                                              {"a string", "\"\\u0001 ://[%zz \""},
                                                                              {"a long string", nullptr},
                                                                              {"an empty list", "[]"},
                                                                              {"a list", "[[\"x\"],7]"},
                                                                              {"an object", "{\"x\":{}}"}};
    return k_values;
}

/// One source's settings with something changed, and what came of it.
class Variations {
public:
    Variations(const Trial& trial, const plugin::Sample& sample, plugin::Schema schema, Json settings, Report& report)
        : trial_(trial), sample_(sample), schema_(std::move(schema)), settings_(std::move(settings)), report_(report) {}

    void run() {
        required();
        optional();
        unknown();
        wrong();
    }

private:
    /// Refused by the schema, opened, or refused by the plugin with that reason.
    struct Outcome {
        bool by_schema = false, opened = false;
        std::string reason;
    };
    Outcome open(const Json& settings) {
        Json filled = settings;
        if (const auto faults = schema_.check(filled); !faults.empty()) return {true, false, faults.front().message};
        plugin::Sample changed = sample_;
        changed.settings_json = settings.write();
        const auto source = trial_.open(changed);
        if (source) return {false, true, ""};
        return {false, false, source.error().message};
    }
    Json with(const std::string& name, Json value) const {
        Json out = settings_;
        if (Json* there = out.member(name))
            *there = std::move(value);
        else
            out.members.push_back({name, std::move(value)});
        return out;
    }
    Json without(const std::string& name) const {
        Json out = settings_;
        std::erase_if(out.members, [&](const auto& member) { return member.name == name; });
        return out;
    }
    bool required_by_schema(const std::string& name) const {
        Json filled = without(name);
        return settings_.member(name) && !schema_.check(filled).empty();
    }
    /// "It gave no reason", an exception, a broken rule: nothing an operator can act on.
    static bool is_no_reason(const std::string& reason) {
        return reason.find("it gave no reason") != reason.npos || reason.find("threw an exception") != reason.npos ||
               reason.find("without a reason") != reason.npos;
    }
    void judge(const std::string& check, const Outcome& o) {
        if (!o.by_schema && !o.opened && is_no_reason(o.reason))
            report_.fail(51, check, "open_source fails without saying which setting is wrong: " + shortened(o.reason));
    }

    void required() {
        std::string names;
        for (const auto& property : schema_.properties())
            if (required_by_schema(property.name)) (names += names.empty() ? "" : ", ") += property.name;
        if (report_.step("required settings")) report_.pass(51, "required settings", names.empty() ? "none" : names);
    }

    /// What the schema lets an operator leave out, the plugin does without; or it says what it needs it for.
    void optional() {
        for (const auto& [name, schema] : schema_.properties()) {
            if (!settings_.member(name) || required_by_schema(name)) continue;
            if (!report_.step("without " + name)) continue;
            const Outcome o = open(without(name));
            const std::string check = "setting " + name + " left out";
            judge(check, o);
            if (!o.opened && !is_no_reason(o.reason) && o.reason.find(name) == o.reason.npos)
                report_.warn(51, check, "the schema allows it, the plugin refuses and does not name it: " + shortened(o.reason));
            else if (o.opened)
                report_.pass(51, check, "opened");
            else if (!is_no_reason(o.reason))
                report_.pass(51, check, shortened(o.reason));
        }
    }

    void unknown() {
        if (!report_.step("an unknown setting")) return;
        const Outcome o = open(with("gatehouse_check_unknown", parsed("1")));
        if (o.opened)
            report_.warn(52, "unknown settings are refused", "a misspelt setting would be ignored; set \"additionalProperties\": false");
        else if (o.by_schema)
            report_.pass(52, "unknown settings are refused");
        else
            judge("unknown settings are refused", o);
    }

    void wrong() {
        for (const auto& [name, schema] : schema_.properties()) {
            int taken = 0, refused = 0;
            for (const auto& [what, value] : wrong_values()) {
                if (!report_.step(name + " as " + what)) continue;
                const Outcome o = open(with(name, parsed(value ? value : "\"" + std::string(100'000, 'x') + "\"")));
                judge("setting " + name + " as " + what, o);
                ++(o.opened ? taken : refused);
            }
            const std::string check = "setting " + name + " of a wrong type";
            if (taken == static_cast<int>(wrong_values().size()))
                report_.fail(53, check, "everything is accepted, even null and lists; give it a \"type\"");
            else if (taken + refused == static_cast<int>(wrong_values().size()))
                report_.pass(53, check, std::to_string(refused) + " refused, " + std::to_string(taken) + " opened");
        }
    }

    const Trial& trial_;
    const plugin::Sample& sample_;
    const plugin::Schema schema_;
    const Json settings_;
    Report& report_;
};

bool named_like_a_secret(std::string_view name) {
    for (const std::string_view end : {"secret", "password", "api_key", "private_key", "access_token", "passphrase"})
        if (name == end || (name.ends_with(end) && name[name.size() - end.size() - 1] == '_')) return true;
    return false;
}

/// The schema as text: what Schema itself does not keep.
void described(const json::Value& schema, const std::string& place, Report& report) {
    const auto* properties = schema.find("properties");
    if (!properties) return;
    for (const auto& [name, property] : properties->members) {
        const std::string at = place.empty() ? name : place + "." + name;
        if (property.text_of("description").empty())
            report.warn(54, "setting " + at, "has no \"description\": the operator reads it in `gatehouse plugins show`");
        const auto* secret = property.find("writeOnly");
        const auto* type = property.find("type");
        const bool text = !type || type->raw.find("string") != type->raw.npos;
        if (text && named_like_a_secret(name) && !(secret && secret->boolean))
            report.fail(40, "setting " + at, "is named like a secret; mark it \"writeOnly\": true, so that its value stays with the host");
        described(property, at, report);
    }
}

} // namespace

void check_settings(const Trial& trial, Report& report) {
    const auto text = json::parse(trial.settings_schema);
    auto schema = plugin::Schema::compile(trial.settings_schema);
    if (!text || !schema) {
        report.fail(50, "settings schema", text ? schema.error().message : text.error().message);
        return;
    }
    if (report.step("descriptions")) {
        report.pass(50, "settings schema", std::to_string(schema->properties().size()) + " settings");
        described(*text, "", report);
    }
    const auto* sample = first_accepted(trial);
    if (!sample) return;
    auto settings = Json::parse(sample->settings_json.empty() ? "{}" : sample->settings_json);
    if (!settings) return report.fail(21, "sample " + sample->name, "its settings: " + settings.error().message);
    trial.clock.set(sample->at);
    if (report.step("open")) {
        const auto source = trial.open(*sample);
        if (!source)
            report.fail(11, "opens with the settings of its samples", source.error().message);
        else
            report.pass(11, "opens with the settings of its samples", std::to_string((*source)->routes().size()) + " routes");
    }
    Variations(trial, *sample, std::move(*schema), std::move(*settings), report).run();
}

} // namespace gh::cli
