#include <string>

#include "tools/render/chart_axis.h"
#include "tools/render/chart_data.h"
#include "tools/render/chart_panels.h"
#include "tools/render/renderer.h"

namespace tidemark::tools {
namespace {

std::string statement_chart(const StatementResult& statement, std::size_t index,
                            const RenderContext& context) {
    const ChartData data = chart_data(statement, index, context);
    std::string text;
    const auto add = [&text](const std::string& part) {
        if (!text.empty()) text += '\n';
        text += part;
    };
    if (data.range) {
        for (const LinePanel& panel : data.line_panels) {
            add(draw_line_panel(panel, *data.range, context.style));
        }
        for (const BarPanel& panel : data.bar_panels) {
            add(draw_bar_panel(panel, *data.range, context.style));
        }
    }
    if (text.empty()) {
        if (statement.series.empty()) return "no rows\n";
        return "nothing to draw over time: a chart needs rows with times and with numbers, "
               "booleans "
               "or texts, such as SELECT mean(x) FROM m GROUP BY time(1h)\n";
    }
    add(range_text(*data.range) + "\n");
    for (const std::string& note : data.notes) text += note + "\n";
    return text;
}

}  // namespace

std::string render_chart(const QueryResult& result, const RenderContext& context) {
    std::string out;
    for (std::size_t i = 0; i < result.statements.size(); ++i) {
        if (result.statements[i].error) continue;
        if (!out.empty()) out += '\n';
        out += statement_chart(result.statements[i], i, context);
    }
    return out;
}

}  // namespace tidemark::tools
