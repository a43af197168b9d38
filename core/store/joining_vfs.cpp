#include "core/store/joining_vfs.hpp"

#include "core/store/sqlite.hpp"

#include <sqlite3.h>

#include <map>
#include <memory>
#include <mutex>
#include <new>

namespace gh::store {

namespace {

// SQLite's Unix VFS looks at the lowest 17 bits of a write's size only (seekAndWriteFd): stay well below.
constexpr size_t k_most_waiting = 64u << 10;

struct Vfs {
    std::string name;
    sqlite3_vfs* base = nullptr;
    sqlite3_vfs vfs{};
};

// What SQLite sees as an open file: this, with the real one behind it in the same memory.
struct JoiningFile {
    sqlite3_file base;
    sqlite3_io_methods methods;
    std::string* waiting; // writes not handed on yet, which begin at `offset`
    sqlite3_int64 offset;
    bool joins;  // the write-ahead log
    bool synced; // nothing was changed since the last sync that succeeded

    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    const sqlite3_io_methods& on_real() { return *real()->pMethods; }
    static JoiningFile& of(sqlite3_file* file) { return *reinterpret_cast<JoiningFile*>(file); }

    int hand_on() {
        if (waiting->empty()) return SQLITE_OK;
        const int code = on_real().xWrite(real(), waiting->data(), static_cast<int>(waiting->size()), offset);
        waiting->clear();
        return code;
    }

    static int close(sqlite3_file* file) {
        auto& f = of(file);
        const int written = f.hand_on();
        delete f.waiting;
        const int code = f.on_real().xClose(f.real());
        return written == SQLITE_OK ? code : written;
    }
    static int write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
        auto& f = of(file);
        f.synced = false;
        if (!f.joins) return f.on_real().xWrite(f.real(), from, amount, offset);
        const auto size = static_cast<size_t>(amount);
        const bool follows = offset == f.offset + static_cast<sqlite3_int64>(f.waiting->size());
        if (!follows || f.waiting->size() + size > k_most_waiting)
            if (const int code = f.hand_on(); code != SQLITE_OK) return code;
        if (f.waiting->empty()) f.offset = offset;
        try {
            f.waiting->append(static_cast<const char*>(from), size);
        } catch (const std::bad_alloc&) {
            return SQLITE_IOERR_NOMEM;
        }
        return SQLITE_OK;
    }

    static int truncate(sqlite3_file* file, sqlite3_int64 size) {
        of(file).synced = false;
        return after_writes<&sqlite3_io_methods::xTruncate, sqlite3_int64>(file, size);
    }
    static int control(sqlite3_file* file, int operation, void* argument) {
        of(file).synced = false; // it may change the size
        return straight<&sqlite3_io_methods::xFileControl, int, void*>(file, operation, argument);
    }
    // A checkpoint begins with a sync of the WAL, whose commits have each been synced already.
    static int sync(sqlite3_file* file, int flags) {
        auto& f = of(file);
        if (f.synced) return SQLITE_OK;
        const int code = after_writes<&sqlite3_io_methods::xSync, int>(file, flags);
        f.synced = code == SQLITE_OK;
        return code;
    }

    /// A method that hands on what waits, then does what the real file does.
    template <auto Method, class... A>
    static int after_writes(sqlite3_file* file, A... arguments) {
        auto& f = of(file);
        if (const int code = f.hand_on(); code != SQLITE_OK) return code;
        return (f.on_real().*Method)(f.real(), arguments...);
    }
    template <auto Method, class... A>
    static int straight(sqlite3_file* file, A... arguments) {
        auto& f = of(file);
        return (f.on_real().*Method)(f.real(), arguments...);
    }
    static void shared_memory_barrier(sqlite3_file* file) { of(file).on_real().xShmBarrier(of(file).real()); }

    void take_methods() {
        using M = sqlite3_io_methods;
        const auto& r = on_real();
        methods = M{};
        methods.iVersion = r.iVersion < 3 ? r.iVersion : 3;
        methods.xClose = close;
        methods.xRead = after_writes<&M::xRead, void*, int, sqlite3_int64>;
        methods.xWrite = write;
        methods.xTruncate = truncate;
        methods.xSync = sync;
        methods.xFileSize = after_writes<&M::xFileSize, sqlite3_int64*>;
        methods.xLock = straight<&M::xLock, int>;
        methods.xUnlock = straight<&M::xUnlock, int>;
        methods.xCheckReservedLock = straight<&M::xCheckReservedLock, int*>;
        methods.xFileControl = control;
        methods.xSectorSize = straight<&M::xSectorSize>;
        methods.xDeviceCharacteristics = straight<&M::xDeviceCharacteristics>;
        if (methods.iVersion >= 2) {
            methods.xShmMap = straight<&M::xShmMap, int, int, int, void volatile**>;
            methods.xShmLock = straight<&M::xShmLock, int, int, int>;
            methods.xShmBarrier = shared_memory_barrier;
            methods.xShmUnmap = straight<&M::xShmUnmap, int>;
        }
        if (methods.iVersion >= 3) {
            methods.xFetch = after_writes<&M::xFetch, sqlite3_int64, int, void**>;
            methods.xUnfetch = straight<&M::xUnfetch, sqlite3_int64, void*>;
        }
        base.pMethods = &methods;
    }
};

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    auto& f = JoiningFile::of(file);
    f.base.pMethods = nullptr;
    auto* base = static_cast<Vfs*>(vfs->pAppData)->base;
    if (const int code = base->xOpen(base, path, f.real(), flags, out_flags); code != SQLITE_OK) {
        // SQLite closes a file whose opening failed when it has methods.
        if (f.real()->pMethods) f.real()->pMethods->xClose(f.real());
        return code;
    }
    f.offset = 0;
    f.joins = (flags & SQLITE_OPEN_WAL) != 0;
    f.synced = false;
    f.waiting = new (std::nothrow) std::string();
    if (!f.waiting) {
        f.real()->pMethods->xClose(f.real());
        return SQLITE_NOMEM;
    }
    f.take_methods();
    return SQLITE_OK;
}

// All other functions of a VFS take the VFS as their first argument: the base gets itself.
template <auto Function, class R, class... A>
R by_base(sqlite3_vfs* vfs, A... arguments) {
    auto* base = static_cast<Vfs*>(vfs->pAppData)->base;
    return (base->*Function)(base, arguments...);
}

std::unique_ptr<Vfs> make_vfs(const std::string& base_name) {
    auto made = std::make_unique<Vfs>();
    made->base = sqlite3_vfs_find(base_name.empty() ? nullptr : base_name.c_str());
    if (!made->base) return nullptr;
    made->name = "joining-" + std::string(made->base->zName);
    using V = sqlite3_vfs;
    auto& v = made->vfs;
    v.iVersion = 2;
    v.szOsFile = static_cast<int>(sizeof(JoiningFile)) + made->base->szOsFile;
    v.mxPathname = made->base->mxPathname;
    v.zName = made->name.c_str();
    v.pAppData = made.get();
    v.xOpen = open_file;
    v.xDelete = by_base<&V::xDelete, int, const char*, int>;
    v.xAccess = by_base<&V::xAccess, int, const char*, int, int*>;
    v.xFullPathname = by_base<&V::xFullPathname, int, const char*, int, char*>;
    v.xDlOpen = by_base<&V::xDlOpen, void*, const char*>;
    v.xDlError = by_base<&V::xDlError, void, int, char*>;
    v.xDlClose = by_base<&V::xDlClose, void, void*>;
    v.xRandomness = by_base<&V::xRandomness, int, int, char*>;
    v.xSleep = by_base<&V::xSleep, int, int>;
    v.xCurrentTime = by_base<&V::xCurrentTime, int, double*>;
    v.xGetLastError = by_base<&V::xGetLastError, int, int, char*>;
    v.xCurrentTimeInt64 = by_base<&V::xCurrentTimeInt64, int, sqlite3_int64*>;
    return made;
}

} // namespace

std::string joining_vfs(const std::string& base) {
    static std::mutex mutex;
    static std::map<std::string, std::unique_ptr<Vfs>> made;
    const std::lock_guard lock(mutex);
    prepare_sqlite();
    auto& vfs = made[base];
    // A base that was unregistered and registered anew under the same name is another one.
    auto* now = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
    if (!vfs || vfs->base != now) {
        if (vfs) sqlite3_vfs_unregister(&vfs->vfs);
        vfs = make_vfs(base);
        if (!vfs) return base; // opening says that there is no such VFS
        sqlite3_vfs_register(&vfs->vfs, 0);
    }
    return vfs->name;
}

} // namespace gh::store
