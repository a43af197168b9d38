#define BOOST_DLL_USE_STD_FS
#include "core/plugin/library.hpp"

#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"
#include "core/plugin/services.hpp"

#include <boost/dll/shared_library.hpp>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <dlfcn.h>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace gh::plugin {

namespace {

constexpr size_t k_most_file = 512u << 20;

std::string why(int error) {
    return std::generic_category().message(error);
}

struct OpenFile {
    int fd;
    ~OpenFile() {
        if (fd >= 0) ::close(fd);
    }
};

} // namespace

CrashMark FileImage::mark() const {
    const auto stem = path.stem().string();
    return {stem, stem + "-" + hash.substr(0, 12) + ".crashed"};
}

std::variant<FileImage, Refused> read_plugin_file(const std::filesystem::path& path) {
    const auto unreadable = [](int error) { return Refused{"unreadable", "the file cannot be read: " + why(error)}; };
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    const OpenFile file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat info {};
    if (file.fd < 0 || ::fstat(file.fd, &info) != 0) return unreadable(errno);
    if (!S_ISREG(info.st_mode)) return Refused{"not_regular", "not a regular file; put the plugin itself into the directory"};
    if (info.st_mode & (S_IWGRP | S_IWOTH))
        return Refused{"writable",
                       "group or others may write the file, and so run their code in this server; chmod go-w " + path.filename().string()};
    if (static_cast<uint64_t>(info.st_size) > k_most_file) return Refused{"too_large", "the file is larger than 512 MiB"};
    FileImage image{path, std::string(static_cast<size_t>(info.st_size), '\0'), {}};
    size_t have = 0;
    while (have < image.bytes.size()) {
        const auto n = ::read(file.fd, image.bytes.data() + have, image.bytes.size() - have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return unreadable(errno);
        if (n == 0) break; // shrank while it was read: the ELF check finds it truncated
        have += static_cast<size_t>(n);
    }
    image.bytes.resize(have);
    const auto digest = sha256(image.bytes);
    image.hash = to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
    return image;
}

Library::Library(Descriptor descriptor, CrashMark mark) : descriptor_(std::move(descriptor)), mark_(std::move(mark)) {
    mark_.plugin = descriptor_.name;
}

gatehouse_status Library::open_source(const Services& services, const gatehouse_settings& settings, void** source) const {
    return descriptor_.raw->open_source(services.host(), &settings, source);
}

gatehouse_status Library::enroll(void* source, const gatehouse_registry& registry) const {
    return descriptor_.raw->enroll(source, &registry);
}

void Library::close_source(void* source) const {
    descriptor_.raw->close_source(source);
}

std::variant<std::shared_ptr<const Library>, Refused> Library::load(const std::filesystem::path& staged, const CrashMark& mark) {
    const CrashScope crash(mark);
    boost::dll::shared_library library;
    try {
        // RTLD_NODELETE: unloading is what this class promises never to do, so the handle may go at the end of this function.
        using Mode = boost::dll::load_mode::type;
        library.load(staged, static_cast<Mode>(boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local | Mode(RTLD_NODELETE)));
    } catch (const std::exception& error) {
        std::string text = error.what();
        for (size_t at; (at = text.find(staged.string())) != text.npos;) text.replace(at, staged.string().size(), mark.plugin);
        return Refused{"not_loadable", "the system's loader refuses the file: " + text + "; install what it needs, or link it in"};
    } catch (...) {
        return Refused{"throws", "a constructor in the library threw an exception; catch it in the plugin"};
    }
    if (!library.has(GATEHOUSE_PLUGIN_SYMBOL)) return Refused{"no_symbol", "the file does not export " GATEHOUSE_PLUGIN_SYMBOL};
    auto descriptor = call_entry(&library.get<const gatehouse_plugin*(const gatehouse_hello*)>(GATEHOUSE_PLUGIN_SYMBOL));
    if (auto* refused = std::get_if<Refused>(&descriptor)) return std::move(*refused);
    return std::shared_ptr<const Library>(new Library(std::get<Descriptor>(std::move(descriptor)), mark));
}

Staging::Staging(std::filesystem::path directory) : directory_(std::filesystem::absolute(directory)) {
    std::error_code error;
    std::filesystem::create_directories(directory_.parent_path(), error);
    if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) error_ = why(errno);
    lock_ = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    struct stat info {};
    if (lock_ < 0 || ::fstat(lock_, &info) != 0)
        error_ = why(errno);
    else if (info.st_uid != ::geteuid())
        error_ = "it belongs to another user";
    else if ((info.st_mode & 077) != 0 && ::fchmod(lock_, 0700) != 0)
        error_ = why(errno);
    if (!error_.empty()) return;
    if (::flock(lock_, LOCK_EX | LOCK_NB) == 0)
        for (const auto& entry : std::filesystem::directory_iterator(directory_, error))
            if (entry.path().extension() == ".so") std::filesystem::remove(entry.path(), error);
    ::flock(lock_, LOCK_SH | LOCK_NB);
}

Staging::~Staging() {
    std::error_code error;
    for (const auto& path : written_) std::filesystem::remove(path, error);
    if (lock_ >= 0) ::close(lock_);
}

std::variant<std::filesystem::path, Refused> Staging::write(const FileImage& image) {
    const auto failed = [&](const std::string& text) {
        return Refused{"staging_failed", "no private copy can be written to " + directory_.string() + ": " + text};
    };
    if (!error_.empty()) return failed(error_);
    auto path = directory_ / (image.path.stem().string() + "-" + to_hex(random_bytes(8)) + ".so");
    const OpenFile file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0500)};
    if (file.fd < 0) return failed(why(errno));
    written_.push_back(path);
    for (size_t done = 0; done < image.bytes.size();) {
        const auto n = ::write(file.fd, image.bytes.data() + done, image.bytes.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(why(errno));
        done += static_cast<size_t>(n);
    }
    return path;
}

} // namespace gh::plugin
