#include "core/plugin/shelf.hpp"

#include "core/plugin/worker_library.hpp"

#include <algorithm>

namespace gh::plugin {

Check Shelf::quarantine(const CrashMark& mark) const {
    const int count = crashes(staging_.directory(), mark);
    if (count < k_crashes_to_quarantine) return {};
    return Refused{k_quarantined, "the server crashed " + std::to_string(count) +
                                      " times in this plugin's code; put a corrected build in its place, or remove " +
                                      (staging_.directory() / mark.file).string() + " to try this one again"};
}

bool Apart::any() const {
    return isolation == config::Isolation::process ||
           std::any_of(overrides.begin(), overrides.end(), [](const auto& one) { return one.second == config::Isolation::process; });
}

bool Apart::process(const std::string& name, const std::filesystem::path& file) const {
    const auto found = overrides.find(name);
    if (found == overrides.end()) return isolation == config::Isolation::process;
    if (found->second == config::Isolation::process) return true;
    const auto stem = file.stem().string();
    const bool bears_it = stem == name || stem == "lib" + name;
    return !bears_it && isolation == config::Isolation::process;
}

std::variant<Shelved, Refused> Shelf::get(const std::filesystem::path& file, const Trust* trust, const Apart& apart) {
    auto read = read_plugin_file(file);
    if (auto* refused = std::get_if<Refused>(&read)) return std::move(*refused);
    const auto& image = std::get<FileImage>(read);
    std::string signed_by;
    if (trust) {
        const auto signer = check_signature(image, trust->signatures_required, trust->keys);
        if (const auto* refused = std::get_if<Refused>(&signer)) return *refused;
        if (const auto* key = std::get<0>(signer)) signed_by = key->name();
    }
    auto library = get(image, apart);
    if (auto* refused = std::get_if<Refused>(&library)) return std::move(*refused);
    return Shelved{std::get<0>(std::move(library)), std::move(signed_by)};
}

Shelf::Loaded Shelf::get(const FileImage& image, const Apart& apart) {
    if (!apart.any()) return get(image, here_, false);
    // The name is known only from the plugin itself, so a worker process looks first.
    auto isolated = get(image, apart_, true);
    const auto* library = std::get_if<0>(&isolated);
    if (!library || apart.process((*library)->descriptor().name, image.path)) return isolated;
    return get(image, here_, false);
}

Shelf::Loaded Shelf::get(const FileImage& image, ByHash& known, bool isolated) {
    if (const auto found = known.find(image.hash); found != known.end()) return found->second;
    if (!isolated)
        if (auto refused = quarantine(image.mark())) return std::move(*refused);
    auto loaded = load(image, isolated);
    const auto* refused = std::get_if<Refused>(&loaded);
    const bool passing =
        refused && (refused->code == "staging_failed" || refused->code == "probe_failed" || refused->code == "too_slow" ||
                    refused->code == "not_loadable" || refused->code == "worker_failed" || (isolated && refused->code == "crashes"));
    if (!passing) known.emplace(image.hash, loaded);
    return loaded;
}

size_t Shelf::loaded() const {
    return static_cast<size_t>(std::count_if(here_.begin(), here_.end(), [](const auto& entry) { return entry.second.index() == 0; }));
}

Shelf::Loaded Shelf::load(const FileImage& image, bool isolated) {
    if (auto refused = check_elf(image.bytes)) return std::move(*refused);
    auto staged = staging_.write(image);
    if (auto* refused = std::get_if<Refused>(&staged)) return std::move(*refused);
    const auto& path = std::get<std::filesystem::path>(staged);
    if (isolated) return WorkerLibrary::load({program_, path, image.mark().plugin}, image.mark());
    if (auto refused = probe(path, image.mark(), k_load_limit)) return std::move(*refused);
    return Library::load(path, image.mark());
}

} // namespace gh::plugin
