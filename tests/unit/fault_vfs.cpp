#include "fault_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace gh::store_test {

namespace {

constexpr int64_t k_page = 4096;

bool is_wal(const std::string& path) {
    return path.ends_with("-wal");
}

} // namespace

// What SQLite sees as an open file: this, with the real VFS's file behind it in the same memory.
struct FaultFile {
    sqlite3_file base;
    FaultVfs* vfs;
    std::string* path; // null: a temporary file, not modelled

    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    static FaultFile& of(sqlite3_file* file) { return *reinterpret_cast<FaultFile*>(file); }
    static const sqlite3_io_methods& methods();

    static int close(sqlite3_file* file) {
        auto& f = of(file);
        delete f.path;
        return f.real()->pMethods ? f.real()->pMethods->xClose(f.real()) : SQLITE_OK;
    }
    static int read(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
        auto* real = of(file).real();
        return real->pMethods->xRead(real, to, amount, offset);
    }
    static int write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
        auto& f = of(file);
        auto* real = f.real();
        if (!f.path) return real->pMethods->xWrite(real, from, amount, offset);
        const std::lock_guard lock(f.vfs->mutex_);
        const int code = f.vfs->ask({FaultVfs::Operation::write, is_wal(*f.path), offset, amount});
        if (f.vfs->frozen_) return code;
        const int part = code == SQLITE_OK ? amount : amount / 2;
        const int written = part > 0 ? real->pMethods->xWrite(real, from, part, offset) : SQLITE_OK;
        f.vfs->note_write(*f.path, offset, part);
        return code == SQLITE_OK ? written : code;
    }
    static int truncate(sqlite3_file* file, sqlite3_int64 size) {
        auto& f = of(file);
        auto* real = f.real();
        if (!f.path) return real->pMethods->xTruncate(real, size);
        const std::lock_guard lock(f.vfs->mutex_);
        if (const int code = f.vfs->ask({FaultVfs::Operation::truncate, is_wal(*f.path), size, 0}); code != SQLITE_OK) return code;
        f.vfs->model(*f.path).resized = true;
        return real->pMethods->xTruncate(real, size);
    }
    static int sync(sqlite3_file* file, int) {
        auto& f = of(file);
        if (!f.path) return SQLITE_OK;
        const std::lock_guard lock(f.vfs->mutex_);
        const int code = f.vfs->ask({FaultVfs::Operation::sync, is_wal(*f.path), 0, 0});
        if (f.vfs->frozen_) return code;
        ++f.vfs->syncs_;
        f.vfs->sync_model(*f.path, code != SQLITE_OK);
        return code;
    }
    static int size(sqlite3_file* file, sqlite3_int64* size) {
        auto* real = of(file).real();
        return real->pMethods->xFileSize(real, size);
    }
    static int lock(sqlite3_file* file, int kind) {
        auto* real = of(file).real();
        return real->pMethods->xLock(real, kind);
    }
    static int unlock(sqlite3_file* file, int kind) {
        auto* real = of(file).real();
        return real->pMethods->xUnlock(real, kind);
    }
    static int check_lock(sqlite3_file* file, int* out) {
        auto* real = of(file).real();
        return real->pMethods->xCheckReservedLock(real, out);
    }
    static int control(sqlite3_file* file, int op, void* argument) {
        auto* real = of(file).real();
        // A hint to grow the file would go past the model.
        if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
        return real->pMethods->xFileControl(real, op, argument);
    }
    static int sector(sqlite3_file* file) {
        auto* real = of(file).real();
        return real->pMethods->xSectorSize(real);
    }
    static int traits(sqlite3_file* file) {
        auto* real = of(file).real();
        return real->pMethods->xDeviceCharacteristics(real);
    }
    static int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
        auto* real = of(file).real();
        return real->pMethods->xShmMap(real, region, size, extend, out);
    }
    static int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
        auto* real = of(file).real();
        return real->pMethods->xShmLock(real, offset, count, flags);
    }
    static void shm_barrier(sqlite3_file* file) {
        auto* real = of(file).real();
        real->pMethods->xShmBarrier(real);
    }
    static int shm_unmap(sqlite3_file* file, int drop) {
        auto* real = of(file).real();
        return real->pMethods->xShmUnmap(real, drop);
    }
};

const sqlite3_io_methods& FaultFile::methods() {
    static const sqlite3_io_methods methods = {2,        close,       read,       write,   truncate, sync,   size,
                                               lock,     unlock,      check_lock, control, sector,   traits, shm_map,
                                               shm_lock, shm_barrier, shm_unmap,  nullptr, nullptr};
    return methods;
}

struct FaultVfs::Impl {
    sqlite3_vfs vfs{};
    sqlite3_vfs* real = nullptr;

    static FaultVfs& owner(sqlite3_vfs* vfs) { return *static_cast<FaultVfs*>(vfs->pAppData); }
    static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
        auto& self = owner(vfs);
        auto& f = FaultFile::of(file);
        f.base.pMethods = nullptr;
        f.vfs = &self;
        f.path = nullptr;
        std::memset(f.real(), 0, static_cast<size_t>(self.impl_->real->szOsFile));
        const int code = self.impl_->real->xOpen(self.impl_->real, name, f.real(), flags, out_flags);
        if (code != SQLITE_OK) return code;
        if (name && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL))) {
            f.path = new std::string(name);
            const std::lock_guard lock(self.mutex_);
            self.model(*f.path);
        }
        f.base.pMethods = &FaultFile::methods();
        return SQLITE_OK;
    }
    static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
        auto& self = owner(vfs);
        {
            const std::lock_guard lock(self.mutex_);
            if (self.frozen_) return SQLITE_IOERR_DELETE;
            self.models_.erase(name);
        }
        return self.impl_->real->xDelete(self.impl_->real, name, sync_directory);
    }
    static int access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
        auto* real = owner(vfs).impl_->real;
        return real->xAccess(real, name, flags, out);
    }
    static int full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
        auto* real = owner(vfs).impl_->real;
        return real->xFullPathname(real, name, size, out);
    }
    static int randomness(sqlite3_vfs* vfs, int size, char* out) {
        auto* real = owner(vfs).impl_->real;
        return real->xRandomness(real, size, out);
    }
    static int sleep(sqlite3_vfs* vfs, int microseconds) {
        auto* real = owner(vfs).impl_->real;
        return real->xSleep(real, microseconds);
    }
    static int time(sqlite3_vfs* vfs, double* out) {
        auto* real = owner(vfs).impl_->real;
        return real->xCurrentTime(real, out);
    }
    static int last_error(sqlite3_vfs* vfs, int size, char* out) {
        auto* real = owner(vfs).impl_->real;
        return real->xGetLastError(real, size, out);
    }
};

FaultVfs::FaultVfs(unsigned seed) : impl_(std::make_unique<Impl>()), random_(seed) {
    static std::atomic<int> count{0};
    name_ = "fault-" + std::to_string(++count);
    impl_->real = sqlite3_vfs_find(nullptr);
    auto& v = impl_->vfs;
    v.iVersion = 1;
    v.szOsFile = static_cast<int>(sizeof(FaultFile)) + impl_->real->szOsFile;
    v.mxPathname = impl_->real->mxPathname;
    v.zName = name_.c_str();
    v.pAppData = this;
    v.xOpen = Impl::open;
    v.xDelete = Impl::remove;
    v.xAccess = Impl::access;
    v.xFullPathname = Impl::full_path;
    v.xRandomness = Impl::randomness;
    v.xSleep = Impl::sleep;
    v.xCurrentTime = Impl::time;
    v.xGetLastError = Impl::last_error;
    sqlite3_vfs_register(&v, 0);
}

FaultVfs::~FaultVfs() {
    sqlite3_vfs_unregister(&impl_->vfs);
}

void FaultVfs::decide(std::function<int(const Call&)> decide) {
    const std::lock_guard lock(mutex_);
    decide_ = std::move(decide);
}

void FaultVfs::limit_bytes(int64_t limit) {
    const std::lock_guard lock(mutex_);
    limit_ = limit;
}

int64_t FaultVfs::used_bytes() const {
    const std::lock_guard lock(mutex_);
    int64_t sum = 0;
    for (const auto& [path, model] : models_) {
        std::error_code error;
        const auto size = std::filesystem::file_size(path, error);
        if (!error) sum += static_cast<int64_t>(size);
    }
    return sum;
}

int64_t FaultVfs::syncs() const {
    const std::lock_guard lock(mutex_);
    return syncs_;
}

void FaultVfs::freeze() {
    const std::lock_guard lock(mutex_);
    frozen_ = true;
}

void FaultVfs::thaw() {
    const std::lock_guard lock(mutex_);
    frozen_ = false;
    decide_ = nullptr;
}

void FaultVfs::lose_power() {
    const std::lock_guard lock(mutex_);
    for (auto& [path, model] : models_) {
        const auto cached = real_content(path);
        const bool resize_arrived = model.resized && random_() % 2 == 0;
        if (resize_arrived) model.disk.resize(cached.size());
        for (const auto page : model.dirty) {
            const auto offset = static_cast<size_t>(page * k_page);
            if (random_() % 2 == 0 || offset >= cached.size()) continue;
            const auto part = cached.substr(offset, k_page);
            if (model.disk.size() < offset + part.size()) model.disk.resize(offset + part.size());
            model.disk.replace(offset, part.size(), part);
        }
        model.dirty.clear();
        model.resized = false;
        std::ofstream(path, std::ios::binary | std::ios::trunc) << model.disk;
        std::filesystem::remove(path + "-shm");
    }
    frozen_ = false;
    decide_ = nullptr;
}

FaultVfs::Model& FaultVfs::model(const std::string& path) {
    const auto it = models_.find(path);
    if (it != models_.end()) return it->second;
    return models_.emplace(path, Model{real_content(path), {}, false}).first->second;
}

int FaultVfs::ask(const Call& call) {
    if (frozen_) return call.operation == Operation::sync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
    if (limit_ > 0 && call.operation == Operation::write) {
        int64_t sum = 0;
        for (const auto& [path, model] : models_) {
            std::error_code error;
            auto size = static_cast<int64_t>(std::filesystem::file_size(path, error));
            if (error) size = 0;
            if (is_wal(path) == call.wal) size = std::max(size, call.offset + call.amount);
            sum += size;
        }
        if (sum > limit_) return SQLITE_FULL;
    }
    return decide_ ? decide_(call) : SQLITE_OK;
}

void FaultVfs::note_write(const std::string& path, int64_t offset, int64_t amount) {
    if (amount <= 0) return;
    auto& m = model(path);
    for (auto page = offset / k_page; page <= (offset + amount - 1) / k_page; ++page) m.dirty.insert(page);
    m.resized = true;
}

void FaultVfs::sync_model(const std::string& path, bool fails) {
    auto& m = model(path);
    std::ifstream file(path, std::ios::binary);
    std::error_code error;
    const auto size = static_cast<size_t>(std::filesystem::file_size(path, error));
    if (!fails) m.disk.resize(size);
    for (const auto page : m.dirty) {
        if (fails && random_() % 2 == 0) continue;
        const auto offset = static_cast<size_t>(page * k_page);
        if (offset >= size) continue;
        const auto amount = std::min<size_t>(k_page, size - offset);
        if (m.disk.size() < offset + amount) m.disk.resize(offset + amount);
        file.seekg(static_cast<std::streamoff>(offset));
        file.read(m.disk.data() + offset, static_cast<std::streamsize>(amount));
    }
    m.dirty.clear();
    m.resized = false;
}

std::string FaultVfs::real_content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace gh::store_test
