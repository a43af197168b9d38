#include "core/base/encoding.hpp"
#include "core/base/version.hpp"
#include "core/plugin/border.hpp"
#include "core/plugin/library.hpp"

#include <regex>

namespace gh::plugin {

namespace {

constexpr size_t k_most_samples = 1000;
constexpr size_t k_most_sample_request = 8u << 20;

Check check_samples(const gatehouse_plugin& plugin) {
    if (plugin.sample_count > k_most_samples || (plugin.sample_count > 0 && !plugin.samples))
        return Refused{"bad_sample", "samples must point to sample_count samples, at most 1000"};
    for (size_t i = 0; i < plugin.sample_count; ++i) {
        gatehouse_sample sample;
        const auto which = "sample " + std::to_string(i + 1);
        if (read_struct(plugin.samples[i], sample) != GATEHOUSE_OK) return Refused{"bad_sample", which + ": its struct_size is wrong"};
        if (sample.name.size == 0 || !sane(sample.name, 200) || !sane(sample.settings, 1u << 20) || !sane(sample.code, 200))
            return Refused{"bad_sample", which + ": a text is missing, too long or not UTF-8"};
        if (sample.request.size > k_most_sample_request || (sample.request.size > 0 && !sample.request.data))
            return Refused{"bad_sample", which + ": its request is larger than 8 MiB or NULL"};
        if (sample.expect != GATEHOUSE_EXPECT_ACCEPT && sample.expect != GATEHOUSE_EXPECT_REFUSE)
            return Refused{"bad_sample", which + ": expect must be GATEHOUSE_EXPECT_ACCEPT or GATEHOUSE_EXPECT_REFUSE"};
    }
    return {};
}

Check check_texts(const gatehouse_plugin& plugin) {
    // semver.org 2.0.0, section 2, 9 and 10.
    static const std::regex semantic(R"((0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)");
    if (!is_word(view(plugin.name), "-", 40)) return Refused{"bad_name", "the plugin's name must be 1 to 40 characters a-z, 0-9, \"-\""};
    if (!sane(plugin.version, 64) || !std::regex_match(std::string(view(plugin.version)), semantic))
        return Refused{"bad_version", "the plugin's version must be a semantic version, as \"1.2.0\""};
    if (!sane(plugin.summary, 500) || view(plugin.summary).find_first_of("\r\n") != std::string_view::npos)
        return Refused{"bad_summary", "the plugin's summary must be one line of UTF-8, at most 500 bytes"};
    if (!sane(plugin.settings_schema, 1u << 20)) return Refused{"bad_schema", "the settings schema must be UTF-8, at most 1 MiB"};
    return {};
}

} // namespace

std::variant<Descriptor, Refused> call_entry(gatehouse_plugin_entry entry) {
    std::string reason;
    gatehouse_hello hello{sizeof(gatehouse_hello), GATEHOUSE_ABI_MINOR, text(k_version), &reason,
                          [](void* context, gatehouse_text why) { static_cast<std::string*>(context)->assign(view(why).substr(0, 1000)); }};
    const gatehouse_plugin* plugin = nullptr;
    try {
        plugin = entry(&hello);
    } catch (...) {
        return Refused{"throws", "gatehouse_plugin_v1 threw an exception; no exception may cross the border: catch it in the plugin"};
    }
    if (!plugin)
        return Refused{"null_descriptor", "the plugin refuses to run: " + (reason.empty() ? "it gave no reason" : json_quote(reason))};
    return read_descriptor(*plugin);
}

std::variant<Descriptor, Refused> read_descriptor(const gatehouse_plugin& given) {
    const auto* plugin = &given;
    if (plugin->struct_size < sizeof(gatehouse_plugin) || plugin->struct_size > k_most_struct)
        return Refused{"short_struct", "the descriptor's struct_size is wrong; set it to sizeof(gatehouse_plugin)"};
    if (plugin->abi_minor_needed > GATEHOUSE_ABI_MINOR)
        return Refused{"needs_newer", "the plugin needs ABI 1." + std::to_string(plugin->abi_minor_needed) + ", this host has 1." +
                                          std::to_string(GATEHOUSE_ABI_MINOR) +
                                          "; update Gatehouse, or take an older version of the plugin"};
    if (plugin->flags != 0) return Refused{"unsupported", "the descriptor has flags that this host does not know; set flags to 0"};
    if (!plugin->open_source || !plugin->enroll || !plugin->close_source)
        return Refused{"null_function", "open_source, enroll and close_source must all be set in the descriptor"};
    if (auto bad = check_texts(*plugin)) return std::move(*bad);
    if (auto bad = check_samples(*plugin)) return std::move(*bad);
    auto schema = Schema::compile(view(plugin->settings_schema));
    if (!schema) return Refused{"bad_schema", "settings schema: " + schema.error().message};
    const auto copy = [](gatehouse_text t) { return std::string(view(t)); };
    return Descriptor{plugin,
                      copy(plugin->name),
                      copy(plugin->version),
                      copy(plugin->summary),
                      copy(plugin->settings_schema),
                      plugin->abi_minor_built,
                      plugin->abi_minor_needed,
                      std::move(*schema)};
}

} // namespace gh::plugin
