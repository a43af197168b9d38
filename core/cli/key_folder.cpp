#include "core/cli/key_folder.hpp"

#include "core/cli/command.hpp"
#include "core/cli/output.hpp"
#include "core/egress/url.hpp"

#include <fstream>
#include <iterator>

namespace gh::cli {

namespace {

constexpr uintmax_t k_most_bytes = 1u << 20;

/// Usable as a file's name in one folder: nothing that leads out of it.
bool is_plain_name(std::string_view s) {
    return !s.empty() && s.size() <= 255 && s[0] != '.' && s.find_first_of("/\\%") == s.npos;
}

} // namespace

KeyFolder::KeyFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::error_code fault;
    if (!std::filesystem::is_directory(folder_, fault))
        usage("--certificates " + folder_.string() + ": not a folder; give the one in which the signing keys are, by their file names.");
}

egress::Response KeyFolder::answer(const egress::Request& request) {
    const auto url = egress::parse_url(request.url);
    const std::string path = url ? url->path : std::string();
    const std::string name = path.substr(path.rfind('/') + 1);
    const std::string asked = request.method + " " + printable(request.url);
    if (request.method != "GET" || !is_plain_name(name)) return missing(asked + " is not a request that a file could answer.");
    const auto file = folder_ / name;
    std::error_code fault;
    if (!std::filesystem::is_regular_file(file, fault))
        return missing("The verifier asked for " + asked + ": there is no file " + file.string() + "; save what is there under this name.");
    if (std::filesystem::file_size(file, fault) > k_most_bytes || fault)
        return missing(file.string() + " is larger than 1 MiB: not a key.");
    std::ifstream in(file, std::ios::binary);
    if (!in) return missing(file.string() + " cannot be read.");
    egress::Response out;
    out.status = 200;
    out.body.assign(std::istreambuf_iterator<char>(in), {});
    if (out.body.size() > request.max_response) return missing(file.string() + " is larger than the verifier takes.");
    return out;
}

egress::Response KeyFolder::missing(std::string sentence) {
    why_.push_back(std::move(sentence));
    egress::Response out;
    out.status = 404;
    return out;
}

} // namespace gh::cli
