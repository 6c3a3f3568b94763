
// Appended to a candidate's C++: reads one call's arguments as JSON, writes what it returns.
// The macros of contest code that would change what stands below.
#undef int
#undef double
#undef endl
#include <cmath>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>
namespace kaoguan_call {
struct In {
  std::string text;
  size_t at = 0;
  void skip() { while (at < text.size() && std::isspace((unsigned char)text[at])) ++at; }
  char look() { skip(); return at < text.size() ? text[at] : 0; }
  bool take(char c) { if (look() != c) return false; ++at; return true; }
  void need(bool fits) const {
    if (!fits) throw std::runtime_error("the parameters do not have the number or the types of the arguments");
  }
  void next() { need(take(',') || look() == ']'); }
};
inline void get(In& in, bool& v) {
  v = in.look() == 't';
  in.need(v || in.look() == 'f');
  in.at += v ? 4 : 5;
}
inline double number(In& in) {
  in.skip();
  char* end = nullptr;
  double v = std::strtod(in.text.c_str() + in.at, &end);
  in.need(end != in.text.c_str() + in.at);
  in.at = end - in.text.c_str();
  return v;
}
template <class T> std::enable_if_t<std::is_floating_point<T>::value> get(In& in, T& v) { v = T(number(in)); }
template <class T> std::enable_if_t<std::is_integral<T>::value> get(In& in, T& v) {
  in.skip();
  char* end = nullptr;
  v = T(std::strtoll(in.text.c_str() + in.at, &end, 10));
  in.need(end != in.text.c_str() + in.at);
  in.at = end - in.text.c_str();
}
inline void utf8(std::string& out, unsigned c) {
  if (c < 0x80) out += char(c);
  else if (c < 0x800) { out += char(0xC0 | c >> 6); out += char(0x80 | (c & 63)); }
  else if (c < 0x10000) { out += char(0xE0 | c >> 12); out += char(0x80 | (c >> 6 & 63)); out += char(0x80 | (c & 63)); }
  else { out += char(0xF0 | c >> 18); out += char(0x80 | (c >> 12 & 63)); out += char(0x80 | (c >> 6 & 63)); out += char(0x80 | (c & 63)); }
}
inline void get(In& in, std::string& v) {
  v.clear();
  in.need(in.take('"'));
  auto hex = [&] { unsigned c = std::stoul(in.text.substr(in.at, 4), nullptr, 16); in.at += 4; return c; };
  while (in.at < in.text.size() && in.text[in.at] != '"') {
    char c = in.text[in.at++];
    if (c != '\\') { v += c; continue; }
    c = in.text[in.at++];
    if (c == 'u') {
      unsigned code = hex();
      if (code >= 0xD800 && code < 0xDC00 && in.text[in.at] == '\\') { in.at += 2; code = 0x10000 + ((code - 0xD800) << 10) + (hex() - 0xDC00); }
      utf8(v, code);
    } else v += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
  }
  ++in.at;
}
template <class T> void get(In& in, std::vector<T>& v) {
  v.clear();
  in.need(in.take('['));
  while (in.look() != ']') { T x{}; get(in, x); v.push_back(x); in.next(); }
  in.take(']');
}
inline void put(std::string& out, bool v) { out += v ? "true" : "false"; }
template <class T> std::enable_if_t<std::is_integral<T>::value> put(std::string& out, T v) { out += std::to_string(v); }
template <class T> std::enable_if_t<std::is_floating_point<T>::value> put(std::string& out, T v) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", double(v));
  out += std::isnan(v) ? "NaN" : std::isinf(v) ? (v > 0 ? "Infinity" : "-Infinity") : text;
}
inline void put(std::string& out, const std::string& v) {
  out += '"';
  for (unsigned char c : v) {
    char text[8];
    if (c < 32 || c == '"' || c == '\\') { std::snprintf(text, sizeof text, "\\u%04x", c); out += text; }
    else out += char(c);
  }
  out += '"';
}
template <class T> void put(std::string& out, const std::vector<T>& v) {
  out += '[';
  for (size_t i = 0; i < v.size(); ++i) { if (i) out += ','; put(out, static_cast<T>(v[i])); }
  out += ']';
}
template <class... A> std::tuple<std::decay_t<A>...> arguments(In& in) {
  std::tuple<std::decay_t<A>...> all;
  in.take('[');
  std::apply([&](auto&... each) { ((get(in, each), in.next()), ...); }, all);
  in.need(in.look() == ']');
  return all;
}
template <class R, class F, class T> std::string answer(F f, T& all) {
  static_assert(!std::is_void<R>::value, "the function has to return its answer");
  std::string out;
  put(out, std::apply(f, all));
  return out;
}
template <class R, class... A> std::string call(R (*f)(A...), In& in) {
  auto all = arguments<A...>(in);
  return answer<R>([&](auto&... each) { return f(each...); }, all);
}
template <class R, class C, class... A> std::string call(R (C::*f)(A...), In& in) {
  auto all = arguments<A...>(in);
  C object;
  return answer<R>([&](auto&... each) { return (object.*f)(each...); }, all);
}
template <class R, class C, class... A> std::string call(R (C::*f)(A...) const, In& in) {
  auto all = arguments<A...>(in);
  C object;
  return answer<R>([&](auto&... each) { return (object.*f)(each...); }, all);
}
}
int main() {
  kaoguan_call::In in;
  std::getline(std::cin, in.text);
  std::string out = kaoguan_call::call(@ENTRY@, in);
  std::cout << "\n@MARK@" << out << std::endl;
}
