// The settings tables of the plugins' READMEs against the schemas that the plugins bring.
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/plugins/fake_host.hpp"

namespace {

using nlohmann::json;

/// What the second column says of each setting that the first one names; `a.b` and `a[].b` are known as "a" and as "b".
std::map<std::string, std::string> table(const std::string& plugin) {
    std::ifstream file(std::string(PLUGIN_FOLDERS) + "/" + plugin + "/README.md");
    BOOST_REQUIRE_MESSAGE(file, plugin + " has no README.md");
    std::map<std::string, std::string> out;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("## ")) inside = line == "## Settings";
        if (!inside || !line.starts_with("| `")) continue;
        std::istringstream row(line.substr(1));
        std::string names, value;
        std::getline(row, names, '|');
        std::getline(row, value, '|');
        for (size_t at = names.find('`'); at != std::string::npos; at = names.find('`', at + 1)) {
            const size_t end = names.find('`', at + 1);
            BOOST_REQUIRE_MESSAGE(end != std::string::npos, line);
            std::istringstream name(names.substr(at + 1, end - at - 1));
            for (std::string part; std::getline(name, part, '.');) out[part.substr(0, part.find('['))] = value;
            at = end;
        }
    }
    return out;
}

void compare(const json& properties, const std::map<std::string, std::string>& rows, std::set<std::string>& known) {
    for (const auto& [name, setting] : properties.items()) {
        known.insert(name);
        for (const json& inner : {setting.value("properties", json()), setting.value("items", json::object()).value("properties", json())})
            for (const auto& [member, _] : inner.items()) known.insert(member);
        const auto row = rows.find(name);
        BOOST_TEST((row != rows.end()), "the table leaves out " << name);
        if (row == rows.end() || !setting.contains("default")) continue;
        const json& value = setting["default"];
        const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
        if (value.is_primitive() && !text.empty())
            BOOST_TEST(row->second.find("`" + text + "`") != std::string::npos, name << " is " << text << " by default: " << row->second);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(plugin_readmes)

BOOST_AUTO_TEST_CASE(every_settings_table_is_complete_and_true) {
    std::istringstream all(PLUGINS);
    size_t plugins = 0;
    for (std::string file; std::getline(all, file, '|'); ++plugins) {
        const fake::Plugin plugin(file);
        const std::string name = fake::text(plugin->name);
        BOOST_TEST_CONTEXT(name) {
            const json schema = json::parse(fake::text(plugin->settings_schema));
            auto rows = table(name);
            BOOST_TEST(!rows.empty());
            std::set<std::string> known;
            // These two refer to the table of the plugin whose settings they share.
            auto shared = name == "wicket" || name == "ivvy" ? table("sns") : std::map<std::string, std::string>();
            const auto own = rows;
            rows.merge(shared);
            compare(schema["properties"], rows, known);
            for (const auto& [setting, _] : own) BOOST_TEST(known.contains(setting), "there is no setting " << setting);
        }
    }
    BOOST_TEST(plugins > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
