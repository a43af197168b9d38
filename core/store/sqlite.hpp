// SQLite's C interface behind three small classes. Only core/store includes this.
//
// Errors are SqlError exceptions: inside one transaction there is nothing sensible to do but to leave it. Text goes in and comes out with
// its length, so that NUL bytes and bytes that are not UTF-8 survive. A connection and its statements belong to one thread at a time.
#pragma once

#include "core/base/time.hpp"
#include "core/base/uuid.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace gh::store {

class SqlError : public std::runtime_error {
public:
    SqlError(int extended, const std::string& message) : std::runtime_error(message), extended_(extended) {}
    int code() const { return extended_ & 0xff; } ///< SQLITE_FULL, SQLITE_IOERR, …
    /// The value itself was refused (too big, not unique): only the operation that brought it fails, the disk is fine.
    bool is_about_the_value() const;

private:
    int extended_;
};

/// Bytes stored with the type BLOB.
struct Blob {
    std::string_view bytes;
};

class Statement;

/// One row at a time of a running statement; the statement is reset when this ends, which also ends its read transaction.
class Rows {
public:
    explicit Rows(Statement& statement) : statement_(&statement) {}
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    ~Rows();

    bool next();
    bool is_null(int column) const;
    int64_t integer(int column) const;
    std::string_view view(int column) const; ///< valid until the next call of next()
    std::string text(int column) const { return std::string(view(column)); }
    Uuid id(int column) const;
    Time time(int column) const { return from_unix_ms(integer(column)); }
    std::optional<Time> optional_time(int column) const;

private:
    Statement* statement_;
};

/// A prepared statement.
class Statement {
public:
    /// Of bound text and blobs: the caller's until the statement was run, or a copy.
    enum class Bound { borrowed, copied };

    Statement(sqlite3*, std::string_view sql);
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    /// Runs to the end with these values for ?1, ?2, …
    template <class... A>
    void run(const A&... values) {
        bind_all<Bound::borrowed>(values...);
        run_to_end();
    }
    /// The rows, with copies of these values for ?1, ?2, …: rows are read when the caller's temporaries have gone.
    template <class... A>
    Rows query(const A&... values) {
        bind_all<Bound::copied>(values...);
        return Rows(*this);
    }
    /// For values only known at run time: bind each, then run() or query() without arguments. Borrowed ones live until the rows end.
    void bind(int index, std::nullptr_t, Bound = Bound::borrowed);
    void bind(int index, std::string_view, Bound = Bound::borrowed);
    void bind(int index, const std::string& text, Bound bound = Bound::borrowed) { bind(index, std::string_view(text), bound); }
    void bind(int index, Blob, Bound = Bound::borrowed);
    void bind(int index, const Uuid&, Bound = Bound::borrowed);
    void bind(int index, Time t, Bound = Bound::borrowed) { bind_integer(index, to_unix_ms(t)); }
    template <std::integral I>
    void bind(int index, I value, Bound = Bound::borrowed) {
        bind_integer(index, static_cast<int64_t>(value));
    }
    template <class T>
    void bind(int index, const std::optional<T>& value, Bound bound = Bound::borrowed) {
        if (value)
            bind(index, *value, bound);
        else
            bind(index, nullptr, bound);
    }

private:
    friend class Rows;
    template <Bound bound, class... A>
    void bind_all(const A&... values) {
        [[maybe_unused]] int index = 0;
        (bind(++index, values, bound), ...);
    }
    void bind_integer(int index, int64_t);
    void check_bind(int code) const;
    void run_to_end();
    [[noreturn]] void fail(int code) const;

    sqlite3_stmt* handle_ = nullptr;
};

/// Settings of the library as a whole, made before its first use. Any thread, any number of times.
void prepare_sqlite();

/// One connection with its prepared statements.
class Database {
public:
    /// `create`: make the file when it is missing. Closing never checkpoints: that is done where its failure is noticed.
    Database(const std::string& path, const std::string& vfs, bool create);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    void exec(const std::string& sql);
    /// The statement for this text, prepared once and kept.
    Statement& prepared(std::string_view sql);
    /// First column of the first row as a number, 0 without a row.
    int64_t number(const std::string& sql);
    std::string word(const std::string& sql);
    bool in_transaction() const;
    /// Rolls back if a transaction is open; never throws: SQLite may have rolled back already.
    void rollback() noexcept;
    /// Rows changed by the last statement.
    int64_t changes() const;
    /// Called after each commit with the number of frames now in the WAL.
    void on_wal(std::function<void(int frames)>);
    sqlite3* handle() { return handle_; }

private:
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
    };
    sqlite3* handle_ = nullptr;
    std::function<void(int)> on_wal_;
    std::unordered_map<std::string, std::unique_ptr<Statement>, Hash, std::equal_to<>> statements_;
};

/// Commits unless it ends before: then it rolls back.
class Transaction {
public:
    explicit Transaction(Database&);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    void commit();

private:
    Database& db_;
    bool open_ = true;
};

} // namespace gh::store
