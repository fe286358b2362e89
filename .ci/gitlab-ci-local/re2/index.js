module.exports = class RE2 extends RegExp {};
