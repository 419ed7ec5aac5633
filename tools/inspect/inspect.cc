#include "tools/inspect/inspect.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "storage/base/file_system.h"
#include "storage/inspection/file_description.h"
#include "tools/render/cell_text.h"

namespace tidemark::tools {
namespace {

using storage::DescribedTable;
using storage::FileDescription;

bool is_number_text(std::string_view text) {
    return text.find_first_not_of("0123456789.-") == std::string_view::npos;
}

void append_padded(std::string_view text, std::size_t width, bool is_right, std::string& out) {
    const std::size_t shown = display_width(text);
    const std::string padding(width > shown ? width - shown : 0, ' ');
    if (is_right) out += padding;
    out += text;
    if (!is_right) out += padding;
}

void append_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                const std::vector<bool>& are_numbers, std::string& out) {
    for (std::size_t column = 0; column < cells.size(); ++column) {
        out += "  ";
        append_padded(printable(cells[column]), widths[column], are_numbers[column], out);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
}

void append_table(const DescribedTable& table, std::string& out) {
    out += '\n' + printable(table.title) + '\n';
    if (table.rows.empty()) {
        out += "  none\n";
        return;
    }
    std::vector<std::size_t> widths;
    widths.reserve(table.columns.size());
    for (const std::string& column : table.columns) widths.push_back(display_width(column));
    std::vector<bool> are_numbers(table.columns.size(), true);
    for (const auto& row : table.rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], display_width(printable(row[column])));
            if (!is_number_text(row[column])) are_numbers[column] = false;
        }
    }
    append_row(table.columns, widths, are_numbers, out);
    for (const auto& row : table.rows) append_row(row, widths, are_numbers, out);
}

std::string rendered(const FileDescription& description) {
    std::string text = description.title + '\n';
    std::size_t width = 0;
    for (const auto& [name, value] : description.facts) width = std::max(width, name.size());
    for (const auto& [name, value] : description.facts) {
        text += "  ";
        append_padded(name, width, false, text);
        text += "  " + printable(value) + '\n';
    }
    for (const DescribedTable& table : description.tables) append_table(table, text);
    if (!description.remarks.empty()) text += "\nnot as it should be (see `tidemark verify`)\n";
    for (const std::string& remark : description.remarks) text += "  " + printable(remark) + '\n';
    return text;
}

}  // namespace

Result<std::string> inspect_path(const std::string& path, bool is_full) {
    const auto detail =
        is_full ? storage::DescriptionDetail::Full : storage::DescriptionDetail::Summary;
    TIDEMARK_ASSIGN_OR_RETURN(const FileDescription description,
                              describe_path(storage::posix_file_system(), path, detail));
    return rendered(description);
}

}  // namespace tidemark::tools
