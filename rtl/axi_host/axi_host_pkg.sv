// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
// Made from axi_host.rdl by scripts/registers.py; do not edit.

/// Offsets in bytes of axi_host's registers, and positions of their bits.
package axi_host_pkg;

  localparam logic [11:0] MAGIC = 12'h000;
  localparam logic [11:0] MAP_VERSION = 12'h004;
  localparam logic [11:0] VERSION = 12'h008;
  localparam logic [11:0] NETWORK = 12'h00c;
  localparam logic [11:0] PARAMETERS = 12'h010;
  localparam logic [11:0] FOLDING = 12'h014;
  localparam logic [11:0] INPUT_ELEMENTS = 12'h018;
  localparam logic [11:0] INPUT_BITS = 12'h01c;
  localparam logic [11:0] RESULT_VALUES = 12'h020;
  localparam logic [11:0] RESULT_BITS = 12'h024;
  localparam logic [11:0] CYCLES_PER_FRAME = 12'h028;
  localparam logic [11:0] LATENCY_CYCLES = 12'h02c;
  localparam logic [11:0] INPUT_STRIDE = 12'h030;
  localparam logic [11:0] OUTPUT_STRIDE = 12'h034;
  localparam logic [11:0] SIGNATURE = 12'h038;
  localparam logic [11:0] LOAD_BYTES = 12'h03c;
  localparam logic [11:0] CONTROL = 12'h040;
  localparam logic [11:0] STATUS = 12'h044;
  localparam logic [11:0] FRAMES = 12'h048;
  localparam logic [11:0] SET_NUMBER = 12'h04c;
  localparam logic [11:0] INPUT_LOW = 12'h050;
  localparam logic [11:0] INPUT_HIGH = 12'h054;
  localparam logic [11:0] OUTPUT_LOW = 12'h058;
  localparam logic [11:0] OUTPUT_HIGH = 12'h05c;
  localparam logic [11:0] FRAMES_IN = 12'h060;
  localparam logic [11:0] RESULTS = 12'h064;
  localparam logic [11:0] LATENCY = 12'h068;
  localparam logic [11:0] SET_STATE = 12'h06c;
  localparam logic [11:0] SPAN_LOW = 12'h070;
  localparam logic [11:0] SPAN_HIGH = 12'h074;
  localparam logic [11:0] CYCLES_LOW = 12'h078;
  localparam logic [11:0] CYCLES_HIGH = 12'h07c;
  localparam logic [11:0] WEIGHTS_LOW = 12'h080;
  localparam logic [11:0] WEIGHTS_HIGH = 12'h084;
  localparam logic [11:0] WEIGHTS_BYTES = 12'h088;

  localparam int CONTROL_START = 0;
  localparam int CONTROL_ABORT = 1;
  localparam int CONTROL_IRQ_ENABLE = 2;
  localparam int CONTROL_LOAD = 3;

  localparam int STATUS_BUSY = 0;
  localparam int STATUS_DONE = 1;
  localparam int STATUS_ABORTED = 2;
  localparam int STATUS_READ_ERROR = 8;
  localparam int STATUS_WRITE_ERROR = 9;
  localparam int STATUS_ADDRESS_ERROR = 10;
  localparam int STATUS_FRAMES_ERROR = 11;
  localparam int STATUS_BURST_ERROR = 12;
  localparam int STATUS_START_WHILE_BUSY = 13;
  localparam int STATUS_FRAME_ERROR = 14;
  localparam int STATUS_PARAMETERS_ERROR = 15;
  localparam int STATUS_SIGNATURE_ERROR = 16;
  localparam int STATUS_LENGTH_ERROR = 17;
  localparam int STATUS_CHECKSUM_ERROR = 18;
  localparam int STATUS_WEIGHTS_ERROR = 19;
  localparam int STATUS_WEIGHTS_ADDRESS_ERROR = 20;

endpackage
