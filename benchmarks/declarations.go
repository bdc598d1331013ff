package benchmarks

// declarations is a diamond of 100 components with declared types and
// constructors: number i needs i-1 and i/2.
var declarations = []func(g *graph, i int){
	declare0[t0],
	declare2[t0, t0, t1],
	declare2[t1, t1, t2],
	declare2[t2, t1, t3],
	declare2[t3, t2, t4],
	declare2[t4, t2, t5],
	declare2[t5, t3, t6],
	declare2[t6, t3, t7],
	declare2[t7, t4, t8],
	declare2[t8, t4, t9],
	declare2[t9, t5, t10],
	declare2[t10, t5, t11],
	declare2[t11, t6, t12],
	declare2[t12, t6, t13],
	declare2[t13, t7, t14],
	declare2[t14, t7, t15],
	declare2[t15, t8, t16],
	declare2[t16, t8, t17],
	declare2[t17, t9, t18],
	declare2[t18, t9, t19],
	declare2[t19, t10, t20],
	declare2[t20, t10, t21],
	declare2[t21, t11, t22],
	declare2[t22, t11, t23],
	declare2[t23, t12, t24],
	declare2[t24, t12, t25],
	declare2[t25, t13, t26],
	declare2[t26, t13, t27],
	declare2[t27, t14, t28],
	declare2[t28, t14, t29],
	declare2[t29, t15, t30],
	declare2[t30, t15, t31],
	declare2[t31, t16, t32],
	declare2[t32, t16, t33],
	declare2[t33, t17, t34],
	declare2[t34, t17, t35],
	declare2[t35, t18, t36],
	declare2[t36, t18, t37],
	declare2[t37, t19, t38],
	declare2[t38, t19, t39],
	declare2[t39, t20, t40],
	declare2[t40, t20, t41],
	declare2[t41, t21, t42],
	declare2[t42, t21, t43],
	declare2[t43, t22, t44],
	declare2[t44, t22, t45],
	declare2[t45, t23, t46],
	declare2[t46, t23, t47],
	declare2[t47, t24, t48],
	declare2[t48, t24, t49],
	declare2[t49, t25, t50],
	declare2[t50, t25, t51],
	declare2[t51, t26, t52],
	declare2[t52, t26, t53],
	declare2[t53, t27, t54],
	declare2[t54, t27, t55],
	declare2[t55, t28, t56],
	declare2[t56, t28, t57],
	declare2[t57, t29, t58],
	declare2[t58, t29, t59],
	declare2[t59, t30, t60],
	declare2[t60, t30, t61],
	declare2[t61, t31, t62],
	declare2[t62, t31, t63],
	declare2[t63, t32, t64],
	declare2[t64, t32, t65],
	declare2[t65, t33, t66],
	declare2[t66, t33, t67],
	declare2[t67, t34, t68],
	declare2[t68, t34, t69],
	declare2[t69, t35, t70],
	declare2[t70, t35, t71],
	declare2[t71, t36, t72],
	declare2[t72, t36, t73],
	declare2[t73, t37, t74],
	declare2[t74, t37, t75],
	declare2[t75, t38, t76],
	declare2[t76, t38, t77],
	declare2[t77, t39, t78],
	declare2[t78, t39, t79],
	declare2[t79, t40, t80],
	declare2[t80, t40, t81],
	declare2[t81, t41, t82],
	declare2[t82, t41, t83],
	declare2[t83, t42, t84],
	declare2[t84, t42, t85],
	declare2[t85, t43, t86],
	declare2[t86, t43, t87],
	declare2[t87, t44, t88],
	declare2[t88, t44, t89],
	declare2[t89, t45, t90],
	declare2[t90, t45, t91],
	declare2[t91, t46, t92],
	declare2[t92, t46, t93],
	declare2[t93, t47, t94],
	declare2[t94, t47, t95],
	declare2[t95, t48, t96],
	declare2[t96, t48, t97],
	declare2[t97, t49, t98],
	declare2[t98, t49, t99],
}

type (
	t0  node
	t1  node
	t2  node
	t3  node
	t4  node
	t5  node
	t6  node
	t7  node
	t8  node
	t9  node
	t10 node
	t11 node
	t12 node
	t13 node
	t14 node
	t15 node
	t16 node
	t17 node
	t18 node
	t19 node
	t20 node
	t21 node
	t22 node
	t23 node
	t24 node
	t25 node
	t26 node
	t27 node
	t28 node
	t29 node
	t30 node
	t31 node
	t32 node
	t33 node
	t34 node
	t35 node
	t36 node
	t37 node
	t38 node
	t39 node
	t40 node
	t41 node
	t42 node
	t43 node
	t44 node
	t45 node
	t46 node
	t47 node
	t48 node
	t49 node
	t50 node
	t51 node
	t52 node
	t53 node
	t54 node
	t55 node
	t56 node
	t57 node
	t58 node
	t59 node
	t60 node
	t61 node
	t62 node
	t63 node
	t64 node
	t65 node
	t66 node
	t67 node
	t68 node
	t69 node
	t70 node
	t71 node
	t72 node
	t73 node
	t74 node
	t75 node
	t76 node
	t77 node
	t78 node
	t79 node
	t80 node
	t81 node
	t82 node
	t83 node
	t84 node
	t85 node
	t86 node
	t87 node
	t88 node
	t89 node
	t90 node
	t91 node
	t92 node
	t93 node
	t94 node
	t95 node
	t96 node
	t97 node
	t98 node
	t99 node
)
