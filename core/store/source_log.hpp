// The ids of each source's events, so that the events of a quiet source are found among millions of others.
//
// Rows are added in sorted batches, some time after the events: whoever reads looks at the newest events themselves too. On the writer
// thread, within its transactions.
#pragma once

#include "core/store/sqlite.hpp"

namespace gh::store {

class SourceLog {
public:
    explicit SourceLog(Database&);

    /// Adds what is due, at most a batch. The last event of the transaction is `newest`. The last call before a commit.
    void catch_up(int64_t newest);
    void committed() { committed_ = covered_; }
    void rolled_back() { covered_ = committed_; }

private:
    Database& db_;
    int64_t covered_ = 0, committed_ = 0; // events up to this seq are in the table
};

/// Events with a greater seq may not be in the table yet. Any connection; read it before the table.
int64_t source_log_covers(Database&);

} // namespace gh::store
