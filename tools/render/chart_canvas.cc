#include "tools/render/chart_canvas.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace tidemark::tools {
namespace {

// Unicode numbers the dots of a Braille character in two columns, the lowest row last.
constexpr std::array<std::array<std::uint8_t, 2>, 4> kBrailleDots = {
    {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};

// U+2800 and the dots' bits, as UTF-8.
std::string braille(std::uint8_t dots) {
    std::string text = "\xe2";
    text += static_cast<char>(0xa0 | (dots >> 6));
    text += static_cast<char>(0x80 | (dots & 0x3f));
    return text;
}

}  // namespace

std::string colored(const std::string& text, std::string_view color) {
    if (color.empty()) return text;
    return std::string(color) + text + "\x1b[0m";
}

ChartCanvas::ChartCanvas(std::size_t width, std::size_t height, bool has_braille)
    : width_(width), height_(height), has_braille_(has_braille), cells_(width * height) {}

void ChartCanvas::draw_dot(std::size_t x, std::size_t y, std::size_t pen) {
    const std::size_t column = has_braille_ ? x / 2 : x;
    const std::size_t row = has_braille_ ? y / 4 : y;
    Cell& cell = cells_[row * width_ + column];
    cell.dots |= has_braille_ ? kBrailleDots[y % 4][x % 2] : std::uint8_t{1};
    cell.pen = pen;
}

// Bresenham's.
void ChartCanvas::draw_line(std::size_t x_begin, std::size_t y_begin, std::size_t x_end,
                            std::size_t y_end, std::size_t pen) {
    auto x = static_cast<std::int64_t>(x_begin);
    auto y = static_cast<std::int64_t>(y_begin);
    const auto x_last = static_cast<std::int64_t>(x_end);
    const auto y_last = static_cast<std::int64_t>(y_end);
    const std::int64_t width = std::abs(x_last - x);
    const std::int64_t height = -std::abs(y_last - y);
    const std::int64_t x_step = x < x_last ? 1 : -1;
    const std::int64_t y_step = y < y_last ? 1 : -1;
    std::int64_t error = width + height;
    while (true) {
        draw_dot(static_cast<std::size_t>(x), static_cast<std::size_t>(y), pen);
        if (x == x_last && y == y_last) return;
        const std::int64_t doubled = 2 * error;
        if (doubled >= height) {
            error += height;
            x += x_step;
        }
        if (doubled <= width) {
            error += width;
            y += y_step;
        }
    }
}

std::string ChartCanvas::row_text(std::size_t row, const std::vector<ChartPen>& pens,
                                  const std::string& background) const {
    std::string text;
    for (std::size_t column = 0; column < width_; ++column) {
        const Cell& cell = cells_[row * width_ + column];
        if (cell.dots == 0) {
            text += background;
            continue;
        }
        const ChartPen& pen = pens[cell.pen];
        text += colored(has_braille_ ? braille(cell.dots) : pen.marker, pen.color);
    }
    return text;
}

}  // namespace tidemark::tools
