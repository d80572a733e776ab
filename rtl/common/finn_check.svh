// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`ifndef FINN_CHECK_SVH
`define FINN_CHECK_SVH

// Stops elaboration unless `cond` holds, in every simulator and in synthesis.
//   name_of_check  label of the generated block
//   cond           constant expression over parameters
//   message        the arguments of $error in their parentheses: ("SIMD=%0d must divide MW=%0d", SIMD, MW)
// Icarus 11 has no elaboration tasks: there the check runs at time zero and ends the simulation with status 1,
// after all checks of that time have had their say.
`ifdef __ICARUS__
`define FINN_CHECK(name_of_check, cond, message) \
  initial begin : name_of_check \
    if (!(cond)) begin \
      $write("error in %m: "); \
      $display message; \
      #0 $finish_and_return(1); \
    end \
  end
`else
`define FINN_CHECK(name_of_check, cond, message) \
  if (!(cond)) begin : name_of_check \
    $error message; \
  end
`endif

`endif
