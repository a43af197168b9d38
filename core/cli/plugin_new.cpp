// A new plugin's project, from the SDK's template.
#include "core/cli/command.hpp"

#include <algorithm>
#include <fstream>
#include <ostream>
#include <sstream>

namespace gh::cli {

namespace {

namespace fs = std::filesystem;

/// The installation that this program belongs to; in the build tree, the build folder, which has the template at the same place.
fs::path prefix() {
    std::error_code ignored;
    return fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path();
}

fs::path template_folder(const Context& c) {
    std::error_code ignored;
    const fs::path folder = c.has("--template") ? fs::path(c.get("--template")) : prefix() / "share/gatehouse/sdk/template";
    if (fs::is_regular_file(folder / "acme.cpp", ignored)) return folder;
    usage("there is no template in " + folder.string() +
          ": install the SDK (cmake --install BUILD --component sdk), or name its folder with --template DIR.");
}

void check_name(const std::string& name) {
    const bool first = !name.empty() && name[0] >= 'a' && name[0] <= 'z';
    const bool plain = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == name.npos;
    if (!first || !plain || name.ends_with('-') || name.size() > 40)
        usage("\"" + name + "\": a plugin's name begins with a letter a-z, consists of a-z, 0-9 and \"-\", and has at most 40 of them.");
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
}

/// The template's "acme" in its four forms: acme_ begins an identifier, ACME a variable of the environment, Acme a sentence.
struct Name {
    explicit Name(const std::string& given) : plain(given), identifier(given), upper(given), title(given) {
        std::replace(identifier.begin(), identifier.end(), '-', '_');
        upper = identifier;
        for (char& ch : upper)
            if (ch >= 'a' && ch <= 'z') ch = static_cast<char>(ch - 'a' + 'A');
        title[0] = upper[0];
    }
    std::string in(std::string text) const {
        // What is put in could hold "acme" itself.
        replace_all(text, "acme_", "\x01");
        replace_all(text, "ACME", "\x02");
        replace_all(text, "Acme", "\x03");
        replace_all(text, "acme", "\x04");
        replace_all(text, "\x01", identifier + "_");
        replace_all(text, "\x02", upper);
        replace_all(text, "\x03", title);
        replace_all(text, "\x04", plain);
        return text;
    }
    std::string plain, identifier, upper, title;
};

std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw Failure{1, file.string() + " cannot be read."};
    return (std::ostringstream() << in.rdbuf()).str();
}

void write(const fs::path& file, const std::string& text) {
    std::ofstream out(file, std::ios::binary);
    out << text;
    if (!out.flush()) throw Failure{1, file.string() + " cannot be written."};
}

} // namespace

int plugins_new(Context& c) {
    const std::string& given = c.positionals[0];
    check_name(given);
    const Name name(given);
    const fs::path from = template_folder(c), to = c.positionals.size() > 1 ? fs::path(c.positionals[1]) : fs::path(given);
    std::error_code error;
    if (fs::exists(to, error) && (!fs::is_directory(to, error) || !fs::is_empty(to, error)))
        throw Failure{1, to.string() + " is there already; give another folder: gatehouse plugins new " + given + " DIR"};
    fs::create_directories(to, error);
    if (error) throw Failure{1, to.string() + " cannot be made: " + error.message()};
    for (const auto& entry : fs::directory_iterator(from))
        if (entry.is_regular_file()) write(to / name.in(entry.path().filename().string()), name.in(read(entry.path())));

    const auto home = prefix();
    const bool build_tree = fs::exists(home / "CMakeCache.txt", error);
    const bool found_anyway = home == "/usr" || home == "/usr/local";
    std::ostream& out = c.terminal.out;
    out << to.string() << ": made. Next, as its README.md says:\n";
    if (build_tree) out << "  cmake --install " << home.string() << " --component sdk --prefix PREFIX\n";
    out << "  cmake -S " << to.string() << " -B " << (to / "build").string()
        << (found_anyway ? std::string() : " -DCMAKE_PREFIX_PATH=" + (build_tree ? "PREFIX" : home.string())) << '\n'
        << "  cmake --build " << (to / "build").string() << '\n'
        << "  gatehouse plugins check " << (to / "build/plugins" / (given + ".so")).string() << '\n';
    return 0;
}

} // namespace gh::cli
