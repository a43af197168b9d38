#include "core/plugin/shelf.hpp"

#include <algorithm>

namespace gh::plugin {

Check Shelf::quarantine(const CrashMark& mark) const {
    const int count = crashes(staging_.directory(), mark);
    if (count < k_crashes_to_quarantine) return {};
    return Refused{k_quarantined, "the server crashed " + std::to_string(count) +
                                      " times in this plugin's code; put a corrected build in its place, or remove " +
                                      (staging_.directory() / mark.file).string() + " to try this one again"};
}

std::variant<Shelved, Refused> Shelf::get(const std::filesystem::path& file, const Trust* trust) {
    auto read = read_plugin_file(file);
    if (auto* refused = std::get_if<Refused>(&read)) return std::move(*refused);
    const auto& image = std::get<FileImage>(read);
    std::string signed_by;
    if (trust) {
        const auto signer = check_signature(image, trust->signatures_required, trust->keys);
        if (const auto* refused = std::get_if<Refused>(&signer)) return *refused;
        if (const auto* key = std::get<0>(signer)) signed_by = key->name();
    }
    auto library = get(image);
    if (auto* refused = std::get_if<Refused>(&library)) return std::move(*refused);
    return Shelved{std::get<0>(std::move(library)), std::move(signed_by)};
}

std::variant<std::shared_ptr<const Library>, Refused> Shelf::get(const FileImage& image) {
    if (const auto known = by_hash_.find(image.hash); known != by_hash_.end()) return known->second;
    if (auto refused = quarantine(image.mark())) return std::move(*refused);
    auto loaded = load(image);
    const auto* refused = std::get_if<Refused>(&loaded);
    const bool passing = refused && (refused->code == "staging_failed" || refused->code == "probe_failed" || refused->code == "too_slow" ||
                                     refused->code == "not_loadable");
    if (!passing) by_hash_.emplace(image.hash, loaded);
    return loaded;
}

size_t Shelf::loaded() const {
    return static_cast<size_t>(
        std::count_if(by_hash_.begin(), by_hash_.end(), [](const auto& entry) { return entry.second.index() == 0; }));
}

std::variant<std::shared_ptr<const Library>, Refused> Shelf::load(const FileImage& image) {
    if (auto refused = check_elf(image.bytes)) return std::move(*refused);
    auto staged = staging_.write(image);
    if (auto* refused = std::get_if<Refused>(&staged)) return std::move(*refused);
    const auto& path = std::get<std::filesystem::path>(staged);
    if (auto refused = probe(path, image.mark(), k_load_limit)) return std::move(*refused);
    return Library::load(path, image.mark());
}

} // namespace gh::plugin
